import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Booking } from "../booking-core/bookings/booking.ts";
import type { OnsaleEvent } from "../booking-core/events/event.ts";
import { balanceOf } from "../booking-core/ledger/balances.ts";
import { settleWebhook } from "../booking-core/payments/settle-webhook.ts";
import { openPaymentTest, type PaymentTest } from "../booking-core/payments/test-payments.ts";
import { seatClasses } from "../booking-core/seats/seat-bytes.ts";
import { fillWallet } from "../booking-core/wallet/test-wallet.ts";
import { walletOf } from "../booking-core/wallet/wallet-accounts.ts";
import { isQueue, queueSettings } from "../foundation/jobs/queues.ts";
import { decide } from "./harness/money.ts";
import {
  best,
  bookNow,
  bookRequest,
  lettersIn,
  newBuyer,
  openEvent,
  rowsOf,
  sectionOf,
} from "./harness/shop.ts";
import { waitFor } from "./harness/wait-for.ts";
import { startWorker } from "./harness/worker.ts";

/** Invariant 7 gives a minute; a worker's death is noticed by its silence, and the rest is spare. */
const healedWithinMs = 45_000;
const patience = { withinMs: 30_000 };

/** What a worker is in the middle of when it is killed. */
type Deed = {
  /** Where it stands still meanwhile, for somebody else has this lock; nothing where the mail server holds it up. */
  readonly gate?: readonly [text: string, ...values: unknown[]];
  /** Done once all that have none stand still. */
  readonly begin?: () => Promise<void>;
  /** What is true once the worker is dead. */
  readonly undone?: () => Promise<void>;
  /** What is true in the end: done, and once. */
  readonly done: () => Promise<void>;
};

const deeds = {
  "refund-payment": refunds,
  "send-email": mails,
  "return-wallets": returnsWallets,
  "expire-bookings": expires,
  "apply-holds": appliesHolds,
  "mark-seats": marksSeats,
  "count-identities": countsIdentities,
  "send-code": sendsCode,
  // The last: those before it settle what they find by hand.
  "settle-webhook": settles,
} satisfies Record<string, (here: PaymentTest) => Promise<Deed>>;

test("of each kind of job another test or this one kills a worker in the middle", () => {
  // test/cancellation-death.test.ts
  const elsewhere = ["cancel-event"];
  expect([...Object.keys(deeds), ...elsewhere].toSorted()).toEqual(Object.keys(queueSettings).toSorted());
});

test("a worker that is killed in the middle of its jobs leaves each to the next one, and each happens once", async () => {
  const here = await openPaymentTest({ work: false });
  const { pool } = here.shop;
  const search = await holdsUpSearch(here);
  const prepared: Deed[] = [search];
  for (const prepare of Object.values(deeds)) prepared.push(await prepare(here));
  const gates = prepared.flatMap(({ gate }) => (gate === undefined ? [] : [gate]));
  const gate = await pool.connect();
  await gate.query("begin");
  // A worker can take long to start, and so can the rest.
  await gate.query("set local idle_in_transaction_session_timeout = 0");
  for (const [text, ...values] of gates) await gate.query(text, values);

  const first = await startWorker(here.shop, here.till);
  const standing = async () => (await waitingForLocks(here)) ?? 0;
  const held = gates.length - prepared.filter(({ begin }) => begin !== undefined).length;
  await waitFor(async () => (await standing()) === held, {
    ...{ what: "the worker in the middle of nearly all", ...patience },
  });
  for (const { begin } of prepared) await begin?.();
  await waitFor(async () => (await standing()) === gates.length, {
    ...{ what: "the worker in the middle of all", ...patience },
  });
  const begun = await waitFor(() => jobsOfAllKinds(here), {
    what: "all kinds of jobs under way",
    ...patience,
  });
  await first.kill("SIGKILL");
  await gate.query("rollback");
  gate.release();
  for (const { undone } of prepared) await undone?.();

  const next = await startWorker(here.shop, here.till);
  await waitFor(() => nothingIsDue(here), {
    ...{ what: "everything done by the next worker", withinMs: healedWithinMs },
  });
  for (const { done } of prepared) await done();
  const again =
    "select from pgboss.job where id = any($1::uuid[]) and state = 'completed' and retry_count > 0";
  expect((await pool.query(again, [begun])).rowCount).toBe(begun.length);
  await next.stop();
  await here.close();
}, 180_000);

async function waitingForLocks({ shop }: PaymentTest): Promise<number | null> {
  const waiting = await shop.pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return waiting.rowCount;
}

/** The ids of the jobs that are under way, once there is one of each kind. */
async function jobsOfAllKinds({ shop }: PaymentTest): Promise<string[] | undefined> {
  const active = await shop.pool.query<{ id: string; name: string }>(
    "select id, name from pgboss.job where state = 'active'",
  );
  const ours = active.rows.filter(({ name }) => isQueue(name));
  const kinds = new Set(ours.map(({ name }) => name));
  return Object.keys(deeds).every((name) => kinds.has(name)) ? ours.map(({ id }) => id) : undefined;
}

/** Also nothing that is tried again soon; deadlines are far away. */
async function nothingIsDue({ shop }: PaymentTest): Promise<boolean> {
  const due = await shop.pool.query(
    `select from pgboss.job where state < 'completed' and start_after < now() + interval '5 minutes'
      union all select from notifications where status = 'queued' union all select from refunds where status = 'pending'
      union all select from bookings where status = 'pending_payment' and deadline < now()`,
  );
  return due.rowCount === 0;
}

async function settles(here: PaymentTest): Promise<Deed> {
  const booking = await here.book();
  await decide((await here.startPayment(booking)).payUrl, "approve");
  await stored(here, "status = 'received'");
  return {
    gate: ["lock table tickets in share row exclusive mode"],
    undone: async () => expect(await here.statusOf(booking)).toBe("pending_payment"),
    done: async () => {
      expect(await here.statusOf(booking)).toBe("paid");
      await here.expectCounts(booking, { tickets: 2, transfers: 1, notifications: 1 });
    },
  };
}

/** Held up at the refund's end: the provider has given the money back, and the books do not say so. */
async function refunds(here: PaymentTest): Promise<Deed> {
  const late = await here.book();
  const payment = await here.startPayment(late);
  await here.shop.pool.query("update bookings set status = 'failed', ended_at = now() where id = $1", [
    late.id,
  ]);
  await decide(payment.payUrl, "approve");
  await settleStored(here);
  const refundsThere = async () => (await here.till.books()).refunds;
  return {
    gate: ["select from payments where booking_id = $1 for update", late.id],
    undone: async () => expect(await refundsThere()).toHaveLength(1),
    done: async () => {
      expect(await here.paymentStatuses(late)).toEqual(["refunded"]);
      await here.expectCounts(late, { tickets: 0, transfers: 2, notifications: 1 });
      expect(await refundsThere()).toHaveLength(1);
    },
  };
}

/** Each step of an e-mail has its own death in email-death.test.ts; here it stands before the first. */
async function mails(here: PaymentTest): Promise<Deed> {
  const booking = await here.book();
  await decide((await here.startPayment(booking)).payUrl, "approve");
  await settleStored(here);
  return {
    gate: ["select from notifications where booking_id = $1 for update", booking.id],
    done: async () => expect(await here.till.mailsTo(booking.buyerEmail)).toHaveLength(1),
  };
}

/** Held up where the books change, behind the payment that says so. */
async function returnsWallets(here: PaymentTest): Promise<Deed> {
  const { pool, jobs } = here.shop;
  const { booking, buyer } = await bookAs(here, await openEvent(here.shop));
  await fillWallet(pool, buyer.buyerId, 5_000n);
  const ask = { buyerId: buyer.buyerId, bookingId: booking.id, idempotencyKey: randomUUID() };
  await here.till.payments.start({ ...ask, language: "en", wallet: 2_000n });
  await pool.query("update bookings set status = 'expired', ended_at = now() where id = $1", [booking.id]);
  await jobs.insert(pool, "return-wallets", [{ data: { bookingIds: [booking.id] } }]);
  const inWallet = async () => -(await balanceOf(pool, walletOf(buyer.buyerId), "EUR"));
  const balance = `select from account_balances where account_id in (select id from ledger_accounts where party = $1)
    for update`;
  return {
    gate: [balance, buyer.buyerId],
    undone: async () => expect(await inWallet()).toBe(3_000n),
    done: async () => {
      expect(await inWallet()).toBe(5_000n);
      const text = "select from transfers where booking_id = $1 and kind = 'wallet_return'";
      expect((await pool.query(text, [booking.id])).rowCount).toBe(1);
    },
  };
}

/** Two bookings of one buyer, whose seats are counted; one ends. */
async function expires(here: PaymentTest): Promise<Deed> {
  const { pool, jobs } = here.shop;
  const event = await openEvent(here.shop, { rules: { mostPerIdentity: 8 } });
  const { booking, buyer } = await bookAs(here, event);
  await bookNow(here.shop, bookRequest(event, best(2), { buyer }));
  return {
    gate: ["select from booking_seats where booking_id = $1 for update", booking.id],
    // The search for what is overdue is held up by now: it does not come before the job.
    begin: async () => {
      await pool.query("update bookings set deadline = now() where id = $1", [booking.id]);
      await jobs.insert(pool, "expire-bookings", [{ data: { eventId: event.id } }]);
    },
    undone: async () => expect(await here.statusOf(booking)).toBe("pending_payment"),
    done: async () => {
      expect(await here.statusOf(booking)).toBe("expired");
      expect(await seatsCounted(here, event)).toBe(2);
      expect(await lettersIn(here.shop, event)).toBe(`ffhh${"f".repeat(16)}`);
    },
  };
}

/** A refund that blocked its seat: the job stands before the seat's mark, and the seat is held until it has come further. */
async function appliesHolds(here: PaymentTest): Promise<Deed> {
  const { pool, jobs } = here.shop;
  const event = await openEvent(here.shop, { sections: [rowsOf(4)] });
  const { booking } = await bookAs(here, event);
  await pool.query("update bookings set status = 'refunded', ended_at = now() where id = $1", [booking.id]);
  await pool.query("update booking_seats set live = false where booking_id = $1", [booking.id]);
  await pool.query("update sections set marks = $2 where id = $1", [
    sectionOf(event).id,
    JSON.stringify([[0, seatClasses.blocked]]),
  ]);
  await jobs.insert(pool, "apply-holds", [{ data: { bookingIds: [booking.id] } }]);
  return {
    gate: marksOf(event),
    done: async () => expect(await lettersIn(here.shop, event)).toBe("bfff"),
  };
}

async function marksSeats(here: PaymentTest): Promise<Deed> {
  const { pool, jobs } = here.shop;
  const event = await openEvent(here.shop, { sections: [rowsOf(4)] });
  const marks = [1, 2].map((seat) => [seat, seatClasses.blocked]);
  const { id: sectionId } = sectionOf(event);
  await pool.query("update sections set marks = $2 where id = $1", [sectionId, JSON.stringify(marks)]);
  await jobs.insert(pool, "mark-seats", [{ data: { eventId: event.id, sectionId, seatNumbers: [1, 2] } }]);
  return {
    gate: marksOf(event),
    done: async () => expect(await lettersIn(here.shop, event)).toBe("fbbf"),
  };
}

/** Who changes what the seats of a section are for. */
function marksOf(event: OnsaleEvent): [text: string, name: string] {
  return ["select pg_advisory_xact_lock(hashtextextended($1, 0))", `marks of ${sectionOf(event).id}`];
}

async function countsIdentities(here: PaymentTest): Promise<Deed> {
  const { pool, jobs } = here.shop;
  const event = await openEvent(here.shop, { rules: { mostPerIdentity: 8 } });
  await bookAs(here, event);
  await pool.query("update identity_seats set seats = 7 where event_id = $1", [event.id]);
  await jobs.insert(pool, "count-identities", [{ data: { eventId: event.id } }]);
  return {
    gate: ["select from identity_seats where event_id = $1 for update", event.id],
    undone: async () => expect(await seatsCounted(here, event)).toBe(7),
    done: async () => expect(await seatsCounted(here, event)).toBe(2),
  };
}

/** The mail server has taken it when the worker dies, and not said so: it comes twice, and says that it is the same. */
async function sendsCode(here: PaymentTest): Promise<Deed> {
  const { pool, jobs } = here.shop;
  const address = `delay-30000.times-1.${Date.now()}@onsale.example`;
  const span = Math.floor(Date.now() / 600_000);
  await jobs.insert(pool, "send-code", [{ data: { address, span } }]);
  return {
    undone: async () => expect(await here.till.mailsTo(address)).toHaveLength(1),
    done: async () => {
      const [one, again] = await here.till.mailsTo(address);
      expect(again).toMatchObject({ messageId: one?.messageId, text: one?.text });
    },
  };
}

/** A booking that is overdue: the search for such stands still in its middle, and looks for no others. */
async function holdsUpSearch(here: PaymentTest): Promise<Deed> {
  const booking = await here.book();
  await here.shop.pool.query("update bookings set deadline = now() - interval '1 minute' where id = $1", [
    booking.id,
  ]);
  return {
    gate: ["select from booking_seats where booking_id = $1 for update", booking.id],
    undone: async () => expect(await here.statusOf(booking)).toBe("pending_payment"),
    done: async () => expect(await here.statusOf(booking)).toBe("expired"),
  };
}

async function bookAs(here: PaymentTest, event: OnsaleEvent) {
  const buyer = newBuyer();
  const booking: Booking = await bookNow(here.shop, bookRequest(event, best(2), { buyer }));
  return { booking, buyer };
}

async function seatsCounted({ shop }: PaymentTest, { id }: OnsaleEvent): Promise<number | undefined> {
  const text = "select seats from identity_seats where event_id = $1";
  return (await shop.pool.query<{ seats: number }>(text, [id])).rows[0]?.seats;
}

function stored({ shop }: PaymentTest, which: string): Promise<{ id: string }> {
  return waitFor(
    async () => {
      const found = await shop.pool.query<{ id: string }>(`select id from webhook_inbox where ${which}`);
      return found.rows[0];
    },
    { what: "a stored message" },
  );
}

/** By hand, so that only what follows is left to the worker. */
async function settleStored(here: PaymentTest): Promise<void> {
  const { id } = await stored(here, "status = 'received'");
  await settleWebhook(here.till, { inboxId: id });
}
