import { randomUUID } from "node:crypto";
import type { Booking } from "../../booking-core/bookings/booking.ts";
import { expireBookings } from "../../booking-core/bookings/jobs.ts";
import type { Payment } from "../../booking-core/payments/payment.ts";
import { askAboutSilentPayments } from "../../booking-core/payments/silent-payments.ts";
import type { PaymentTest } from "../../booking-core/payments/test-payments.ts";
import { createRefunds } from "../../booking-core/refunds/refunds.ts";
import { askAboutSilentRefunds } from "../../booking-core/refunds/silent-refunds.ts";
import { returnWallets } from "../../booking-core/wallet/ended-bookings.ts";
import { createTopUps } from "../../booking-core/wallet/top-ups.ts";
import type { PaymentId } from "../../foundation/ids.ts";
import { best, bookNow, bookRequest, newBuyer, openEvent } from "../harness/shop.ts";
import { waitFor } from "../harness/wait-for.ts";
import { endOf } from "./end-of.ts";
import type { Cell, Outcome } from "./matrix.ts";
import type { Doomed } from "./matrix-worker.ts";

type Buyer = ReturnType<typeof newBuyer>;
type Case = { readonly buyer: Buyer; readonly booking?: Booking; readonly payments: readonly Payment[] };

/** Longer than a booking takes to be expired by hand. */
const lateMs = 1_500;
const endsWithinMs = 40_000;
const refundPolicy = { untilMs: 0, shareBasisPoints: 10_000, feesToo: true, seatsReturn: true };

/** Plays a cell, waits for its end, and gives what the end is in the books. */
export async function runCell(
  here: PaymentTest,
  doomed: Doomed,
  { name, outcome, fault, end }: Cell,
): Promise<string> {
  const buyer = newBuyer();
  if (outcome.walletMinor !== undefined) await fillWallet(here, buyer, outcome.walletMinor);
  const played = await begin(here, buyer, outcome);
  if (fault.isDeadly) for (const { id } of played.payments) doomed.payments.add(id);
  if (outcome.expired !== undefined) await expire(here, played);
  if (outcome.expired === "taken" && played.booking) await here.sellAgain(played.booking);
  const behaviours = [...(outcome.behaviours ?? []), ...(fault.behaviours ?? [])];
  const delayMs = fault.isLate ? lateMs : 0;
  for (const [index, wishes] of outcome.wishes.entries())
    for (const wish of wishes) await press(played.payments[index], wish, { behaviours, delayMs });
  if (fault.isLate && outcome.expired === undefined) await expire(here, played);
  if (fault.isLost) await askAbout(here, played.payments);
  if (outcome.isGivenBack && played.booking) await giveBack(here, played.booking);
  if (outcome.isGivenBack && fault.isLost) await askAboutRefund(here, played.payments);
  const look = () => endOf(here.shop.pool, buyer.buyerId, played.booking?.id);
  await waitFor(async () => (await look()) === end, { what: name, withinMs: endsWithinMs }).catch(
    () => undefined,
  );
  return look();
}

async function begin(here: PaymentTest, buyer: Buyer, outcome: Outcome): Promise<Case> {
  if (outcome.isTopUp) return { buyer, payments: [await startTopUp(here, buyer, 1_000n)] };
  const event = await openEvent(here.shop, { refundPolicy });
  const booking = await bookNow(here.shop, bookRequest(event, best(2), { buyer }));
  const payments: Payment[] = [];
  for (const _ of outcome.wishes) payments.push(await start(here, booking, outcome.walletMinor));
  return { buyer, booking, payments };
}

async function start(
  { till }: PaymentTest,
  { buyerId, id: bookingId }: Booking,
  wallet?: bigint,
): Promise<Payment> {
  const key = { idempotencyKey: randomUUID(), language: "en" } as const;
  const started = await till.payments.start({
    ...{ buyerId, bookingId, ...key, otherSeats: false },
    ...(wallet === undefined ? {} : { wallet }),
  });
  if (started.outcome !== "started") throw new Error(started.outcome);
  return started.payment;
}

async function startTopUp({ till }: PaymentTest, buyer: Buyer, amountMinor: bigint): Promise<Payment> {
  const { buyerId, email } = buyer;
  const topUps = createTopUps({ ...till, publicUrl: "http://127.0.0.1" });
  const amount = { amountMinor, currency: "EUR" };
  const started = await topUps.start({
    buyerId,
    email,
    amount,
    idempotencyKey: randomUUID(),
    language: "en",
  });
  if (started.outcome !== "started") throw new Error(started.outcome);
  return started.payment;
}

async function fillWallet(here: PaymentTest, buyer: Buyer, amountMinor: bigint): Promise<void> {
  const payment = await startTopUp(here, buyer, amountMinor);
  await press(payment, "approve", { behaviours: [], delayMs: 0 });
  await here.paymentBecomes(payment, "succeeded");
}

/** As if its deadline had come. */
async function expire(here: PaymentTest, { booking }: Case): Promise<void> {
  if (booking === undefined) return;
  const clock = { now: () => booking.deadlineMs + 1 };
  await expireBookings({ ...here.till, clock }, { eventId: booking.eventId });
  // The job of this does the same; here its end is before what comes then.
  await returnWallets(here.till, { bookingIds: [booking.id] });
}

/** Once it is paid: also where that comes late. */
async function giveBack(here: PaymentTest, booking: Booking): Promise<void> {
  await here.becomes(booking, "paid");
  const ask = { bookingId: booking.id, positions: null, to: "provider" } as const;
  const { outcome } = await createRefunds(here.till).askedByBuyer(booking.buyerId, ask, randomUUID());
  if (outcome !== "refunded") throw new Error(outcome);
}

/** A minute later too: until the provider says that it is done. */
async function askAboutRefund({ shop, till }: PaymentTest, payments: readonly Payment[]): Promise<void> {
  const text = `update refunds set created_at = created_at - interval '2 minutes', asked_at = null
    where payment_id = any($1::uuid[]) and status = 'pending'`;
  const ids = payments.map(({ id }) => id);
  const isDone = async () => {
    const open = await shop.pool.query(text, [ids]);
    await askAboutSilentRefunds(till);
    return open.rowCount === 0;
  };
  await waitFor(isDone, { what: "the silent refund", withinMs: endsWithinMs });
}

type How = { readonly behaviours: readonly string[]; readonly delayMs: number };

/** A button of the provider's page. */
async function press(
  payment: Payment | undefined,
  wish: string,
  { behaviours, delayMs }: How,
): Promise<void> {
  const headers = {
    "sandbox-behaviour": behaviours.join(),
    "sandbox-webhook-delay-ms": String(delayMs),
  };
  const answer = await fetch(`${payment?.payUrl}/${wish}`, { method: "POST", redirect: "manual", headers });
  if (answer.status !== 303) throw new Error(`the payment page answered ${answer.status} to ${wish}`);
}

/** A minute later they are silent, and the provider is asked. */
async function askAbout({ shop, till }: PaymentTest, payments: readonly Payment[]): Promise<void> {
  const ids = payments.map(({ id }): PaymentId => id);
  await shop.pool.query(
    "update payments set created_at = created_at - interval '2 minutes', asked_at = null where id = any($1::uuid[])",
    [ids],
  );
  await askAboutSilentPayments(till);
}
