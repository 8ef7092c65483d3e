import type { IncomingMessage } from "node:http";
import { type Answer, type AnswerOrNever, problem, readJson } from "./answer.ts";
import { type Desk, stumbles } from "./desk.ts";
import { giveBack, type RefundWish } from "./give-back.ts";
import { isCount, readKey } from "./read-request.ts";
import type { Refund } from "./shelf.ts";

export async function refundAnswer(
  request: IncomingMessage,
  desk: Desk,
  paymentId: string | undefined,
): Promise<AnswerOrNever> {
  const payment = desk.shelf.payments.get(paymentId ?? "");
  if (payment === undefined) return problem(404, "There is no such payment.");
  if (request.method !== "POST") return problem(405, "This address does not know the method.");
  const wish = await readWish(request);
  if ("status" in wish) return wish;
  const asks = (name: "refund_breaks" | "refund_hangs" | "refund_answer_lost") =>
    payment.behaviours.includes(name) && stumbles(desk, name, wish.idempotencyKey);
  if (asks("refund_breaks")) return problem(500, "Broken on demand.");
  if (asks("refund_hangs")) return "never";
  const given = giveBack(desk.recorder, payment, wish);
  if (asks("refund_answer_lost")) return "never";
  switch (given.outcome) {
    case "made":
    case "known":
      return { status: 201, body: showRefund(given.refund) };
    case "key_reused":
      return problem(409, "This key was used for another refund.", "key_reused");
    case "not_paid":
      return problem(409, "Nobody has paid this payment.", "not_paid");
    case "more_than_is_left":
      return problem(409, "This payment has not that much money to give back.", "more_than_is_left");
  }
}

async function readWish(request: IncomingMessage): Promise<RefundWish | Answer> {
  const read = await readJson(request);
  if (read.outcome === "too_large") return problem(413, "The body is too large.");
  if (read.outcome === "malformed") return problem(400, "The body must be one JSON object.");
  const idempotencyKey = readKey(request);
  if (idempotencyKey === undefined) return problem(400, "Send an `Idempotency-Key`.");
  const { amountMinor, reference = idempotencyKey } = read.body;
  if (amountMinor !== undefined && (!isCount(amountMinor, Number.MAX_SAFE_INTEGER) || amountMinor === 0))
    return problem(422, "`amountMinor` must be a whole number above 0.");
  if (typeof reference !== "string" || reference === "") return problem(422, "`reference` must be a text.");
  return { idempotencyKey, reference, amountMinor };
}

export function showRefund({ id, paymentId, reference, amountMinor, status }: Refund) {
  return { id, paymentId, reference, amountMinor, status };
}
