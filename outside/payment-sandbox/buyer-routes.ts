import type { IncomingMessage } from "node:http";
import { type Answer, problem } from "./answer.ts";
import { type Wish, wishes } from "./decision.ts";
import type { Desk } from "./desk.ts";
import { page, paymentPage } from "./page.ts";
import { readHow } from "./read-request.ts";
import { takeWish } from "./take-payments.ts";

/** The page of a payment, and its buttons. A program may press them without looking at the page. */
export function buyerAnswer(
  request: IncomingMessage,
  { shelf, recorder }: Desk,
  id: string | undefined,
  action: string | undefined,
): Answer {
  const payment = shelf.payments.get(id ?? "");
  if (payment === undefined)
    return { ...problem(404, ""), html: page("Not found", "<p>There is no such payment.</p>") };
  if (request.method === "GET" && action === undefined)
    return { status: 200, body: undefined, html: paymentPage(payment) };
  if (request.method !== "POST" || !isWish(action))
    return problem(405, `One of these with POST: ${wishes.join(", ")}.`);
  const how = readHow(request);
  if (how === undefined) return problem(422, "The headers of the behaviour are out of range.");
  takeWish(recorder, payment, action, how);
  const { status, isAtBank } = payment;
  return { status: 303, body: { status, isAtBank }, location: `/pay/${payment.id}` };
}

function isWish(action: string | undefined): action is Wish {
  return (wishes as readonly (string | undefined)[]).includes(action);
}
