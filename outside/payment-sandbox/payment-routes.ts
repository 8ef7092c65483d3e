import type { IncomingMessage } from "node:http";
import { type Answer, type AnswerOrNever, problem, readJson } from "./answer.ts";
import { behavioursOfAmount } from "./behaviours.ts";
import { chargeOf } from "./decision.ts";
import { type Desk, stumbles } from "./desk.ts";
import type { NewPayment } from "./entries.ts";
import { isCount, isWebAddress, readHow, readKey } from "./read-request.ts";
import type { Payment } from "./shelf.ts";
import { createPayment } from "./take-payments.ts";

export async function paymentAnswer(
  request: IncomingMessage,
  desk: Desk,
  id: string | undefined,
  action: string | undefined,
): Promise<AnswerOrNever> {
  if (request.method === "POST" && id === undefined) return create(request, desk);
  const payment = desk.shelf.payments.get(id ?? "");
  if (payment === undefined) return problem(404, "There is no such payment.");
  if (request.method !== "GET" || action !== undefined)
    return problem(405, "This address does not know the method.");
  return { status: 200, body: showPayment(payment, desk) };
}

async function create(request: IncomingMessage, desk: Desk): Promise<AnswerOrNever> {
  const wanted = await readWanted(request, desk);
  if ("status" in wanted) return wanted;
  const { behaviours, idempotencyKey } = wanted;
  if (behaviours.includes("create_down")) return problem(500, "Down on demand.");
  if (behaviours.includes("create_breaks") && stumbles(desk, "create", idempotencyKey))
    return problem(500, "Broken on demand.");
  if (behaviours.includes("create_hangs") && stumbles(desk, "create", idempotencyKey)) return "never";
  const created = createPayment(desk.recorder, wanted);
  switch (created.outcome) {
    case "created":
      if (behaviours.includes("create_answer_lost")) return "never";
      return { status: 201, body: showPayment(created.payment, desk) };
    case "known":
      return { status: 200, body: showPayment(created.payment, desk) };
    case "key_reused":
      return problem(409, "This key was used for another payment.", "key_reused");
    case "books_full":
      return problem(503, "The books are full.");
  }
}

type Wanted = Omit<NewPayment, "id"> & Required<Pick<NewPayment, "behaviours">>;

/** The payment that is asked for, or why it cannot be made. */
async function readWanted(request: IncomingMessage, desk: Desk): Promise<Wanted | Answer> {
  const read = await readJson(request);
  if (read.outcome === "too_large") return problem(413, "The body is too large.");
  if (read.outcome === "malformed") return problem(400, "The body must be one JSON object.");
  const { amountMinor, currency, reference, returnUrl, description } = read.body;
  const idempotencyKey = readKey(request);
  if (idempotencyKey === undefined) return problem(400, "Send an `Idempotency-Key`.");
  const how = readHow(request);
  if (how === undefined) return problem(422, "The headers of the behaviour are out of range.");
  if (!isCount(amountMinor, Number.MAX_SAFE_INTEGER) || amountMinor === 0)
    return problem(422, "`amountMinor` must be a whole number above 0.");
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency))
    return problem(422, "`currency` must be three capital letters.");
  if (typeof reference !== "string" || reference === "") return problem(422, "`reference` must be a text.");
  if (!isWebAddress(returnUrl)) return problem(422, "`returnUrl` must be an address of http or https.");
  const behaviours = [...(desk.amountsSpeak ? behavioursOfAmount(amountMinor) : []), ...how.behaviours];
  const described = typeof description === "string" ? { description } : {};
  return { idempotencyKey, amountMinor, currency, reference, returnUrl, behaviours, ...described };
}

/** The amount is what was or would be charged. */
function showPayment(payment: Payment, { publicUrl }: Desk) {
  return { ...summary(payment), payUrl: `${publicUrl}/pay/${payment.id}` };
}

/** As the books have it. */
export function summary(payment: Payment) {
  const { id, status, reference, isAtBank, refundedMinor, refundPendingMinor } = payment;
  const charge = chargeOf(payment);
  const isGivenBack = status === "succeeded" && refundedMinor === charge.amountMinor;
  return {
    ...{ id, status: isGivenBack ? ("refunded" as const) : status, ...charge, reference },
    ...{ isAtBank, refundedMinor, refundPendingMinor },
  };
}
