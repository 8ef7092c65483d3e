import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, type AnswerOrNever, problem, readJson } from "./answer.ts";
import { booksAnswer } from "./books-routes.ts";
import { buyerAnswer } from "./buyer-routes.ts";
import type { Desk } from "./desk.ts";
import { readFaultMix } from "./faults.ts";
import { welcomePage } from "./page.ts";
import { paymentAnswer } from "./payment-routes.ts";
import { refundAnswer } from "./refund-routes.ts";

/** The merchant's API under /v1 (with the key), the buyer's pages under /pay. */
export async function answer(request: IncomingMessage, desk: Desk): Promise<AnswerOrNever> {
  const { pathname, searchParams } = new URL(request.url ?? "/", desk.publicUrl);
  const [area, name, id, action] = pathname.split("/").slice(1);
  if (area === "pay") return buyerAnswer(request, desk, name, id);
  if (area === "" || area === undefined) return { status: 200, body: undefined, html: welcomePage(desk) };
  if (area !== "v1") return problem(404, "There is nothing here.");
  if (!hasKey(request, desk)) return problem(401, "Send `Authorization: Bearer` with the API key.");
  switch (name) {
    case "payments":
      return merchantAnswer(request, desk, id, action);
    case "books":
      return booksAnswer(desk, id, searchParams);
    case "faults":
      return faultsAnswer(request, desk);
    default:
      return problem(404, "There is nothing here.");
  }
}

/** The calls that a shop makes: of these a share may fail. */
async function merchantAnswer(
  request: IncomingMessage,
  desk: Desk,
  id: string | undefined,
  action: string | undefined,
): Promise<AnswerOrNever> {
  const fault = desk.faults.drawCall();
  if (fault === "broken") return problem(500, "Broken on demand.");
  if (fault === "hung") return "never";
  const answered =
    action === "refunds"
      ? await refundAnswer(request, desk, id)
      : await paymentAnswer(request, desk, id, action);
  return fault === "answer_lost" ? "never" : answered;
}

async function faultsAnswer(request: IncomingMessage, { faults }: Desk): Promise<Answer> {
  if (request.method === "POST") {
    const read = await readJson(request);
    const mix = read.outcome === "read" ? readFaultMix(read.body) : undefined;
    if (mix === undefined) return problem(422, "One JSON object of known faults with shares from 0 to 1.");
    faults.set(mix);
  }
  return { status: 200, body: { mix: faults.mix(), counts: faults.counts() } };
}

/** Hashed first, so that texts of any length are compared in the same time. */
function hasKey({ headers }: IncomingMessage, { apiKey }: Desk): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(headers.authorization ?? ""), hash(`Bearer ${apiKey}`));
}
