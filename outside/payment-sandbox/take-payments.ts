import type { Behaviour } from "./behaviours.ts";
import { afterWish, type Wish } from "./decision.ts";
import type { Decision, NewPayment, Telling } from "./entries.ts";
import type { Recorder } from "./recorder.ts";
import type { Payment } from "./shelf.ts";
import { newId } from "./tell.ts";

export type CreateOutcome =
  | { readonly outcome: "created" | "known"; readonly payment: Payment }
  | { readonly outcome: "key_reused" | "books_full" };

export type How = { readonly behaviours: readonly Behaviour[]; readonly telling: Telling };

/** With all that is kept of it a payment takes about 1 KB of memory. */
const paymentsMost = 1_000_000;

/** The same key gives the same payment. */
export function createPayment(recorder: Recorder, wanted: Omit<NewPayment, "id">): CreateOutcome {
  const { byKey, list } = recorder.shelf;
  const known = byKey.get(wanted.idempotencyKey);
  if (known !== undefined)
    return isSame(known, wanted) ? { outcome: "known", payment: known } : { outcome: "key_reused" };
  if (list.length >= paymentsMost) return { outcome: "books_full" };
  recorder.record({ type: "payment_created", payment: { ...wanted, id: newId("pay") } });
  return { outcome: "created", payment: byKey.get(wanted.idempotencyKey) as Payment };
}

function isSame(known: Payment, wanted: Omit<NewPayment, "id">): boolean {
  return (["amountMinor", "currency", "reference", "returnUrl"] as const).every(
    (field) => known[field] === wanted[field],
  );
}

/** What the buyer, or the buyer's bank, wants. Nothing happens to what was decided before. */
export function takeWish(
  recorder: Recorder,
  payment: Payment,
  wish: Wish,
  { behaviours, telling }: How,
): void {
  const { id: paymentId } = payment;
  const next = afterWish(payment, wish, [...payment.behaviours, ...behaviours]);
  switch (next.next) {
    case "nothing":
      return;
    case "second_step":
      return recorder.record({ type: "second_step_asked", paymentId, behaviours });
    case "now":
      return decide(recorder, payment, next.status, { behaviours, telling });
    case "later":
    case "never": {
      const atMs = next.next === "never" ? null : Date.now() + recorder.lateMs;
      const promise = { status: next.status, atMs, telling };
      recorder.record({ type: "payment_promised", paymentId, promise, behaviours });
      return keepPromise(recorder, payment);
    }
  }
}

/** Decides later what was promised, also where the sandbox has died between. */
export function keepPromise(recorder: Recorder, payment: Payment): void {
  const { promise } = payment;
  if (promise === undefined || promise.atMs === null) return;
  const { status, telling } = promise;
  recorder.at(promise.atMs, () => decide(recorder, payment, status, { behaviours: [], telling }));
}

function decide(recorder: Recorder, payment: Payment, status: Decision, { behaviours, telling }: How): void {
  const decided = { ...payment, behaviours: [...payment.behaviours, ...behaviours] };
  recorder.record(
    { type: "payment_decided", paymentId: payment.id, status, behaviours },
    ...recorder.news({ payment: decided, type: `payment.${status}`, telling }),
  );
}
