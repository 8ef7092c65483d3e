import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { best, bookNow, bookRequest, newBuyer, openEvent } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { expireBookings } from "../bookings/jobs.ts";
import { balanceOf } from "../ledger/balances.ts";
import { trialBalance } from "../ledger/trial-balance.ts";
import { returnWallets } from "../wallet/ended-bookings.ts";
import { lockWallet } from "../wallet/hold-wallet.ts";
import { fillWallet, openTopUp } from "../wallet/test-wallet.ts";
import { walletOf } from "../wallet/wallet-accounts.ts";
import { findPayment } from "./find-payment.ts";
import type { Payment } from "./payment.ts";
import { settleWebhooks } from "./settle-webhooks.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false, receiveWebhooks: false });
});
afterAll(() => here.close());

const inWallet = async ({ buyerId }: Pick<Booking, "buyerId">) =>
  -(await balanceOf(here.shop.pool, walletOf(buyerId), "EUR"));

/** A booking of 90 €, of which the wallet pays 40 € and has no more. */
async function paidPartly() {
  const buyer = newBuyer();
  await fillWallet(here.shop.pool, buyer.buyerId, 4_000n);
  const event = await openEvent(here.shop);
  const booking = await bookNow(here.shop, bookRequest(event, best(2), { buyer }));
  const { payments } = here.till;
  const started = await payments.start({
    ...{ buyerId: buyer.buyerId, bookingId: booking.id, idempotencyKey: randomUUID() },
    ...{ language: "en", wallet: "all" },
  });
  if (started.outcome !== "started") throw new Error(started.outcome);
  return { booking, payment: started.payment };
}

async function receive(payment: Payment, { id, type }: { id: string; type: string }) {
  const { body, signature } = here.webhook(payment, { id, type });
  await here.till.inbox.receive("sandbox", body, signature);
  const text = "select id from webhook_inbox where provider_event_id = $1";
  const inboxId = (await here.shop.pool.query<{ id: string }>(text, [id])).rows[0]?.id ?? "";
  return { id: "job", data: { inboxIds: [inboxId] } };
}

async function tell(payment: Payment, type = "payment.succeeded"): Promise<string> {
  const id = `evt_${randomUUID()}`;
  expect(await settleWebhooks(here.till, [await receive(payment, { id, type })])).toEqual(new Map());
  return here.settledOutcome(id);
}

async function expire({ eventId, deadlineMs, id }: Booking): Promise<void> {
  await expireBookings({ ...here.till, clock: { now: () => deadlineMs + 1 } }, { eventId });
  await returnWallets(here.till, { bookingIds: [id] });
}

const walletStateOf = async ({ id }: Payment) => (await findPayment(here.shop.pool, id))?.walletState;

test("the wallet's part is taken when the provider's has come", async () => {
  const { booking, payment } = await paidPartly();
  expect(await tell(payment)).toBe("paid");
  expect([await walletStateOf(payment), await inWallet(booking)]).toEqual(["taken", 0n]);
});

test("the wallet's part goes back with a no, and is taken again with a yes after it", async () => {
  const { booking, payment } = await paidPartly();
  expect(await tell(payment, "payment.failed")).toBe("payment failed");
  expect([await walletStateOf(payment), await inWallet(booking)]).toEqual(["returned", 4_000n]);
  expect(await tell(payment)).toBe("paid");
  expect([await walletStateOf(payment), await inWallet(booking)]).toEqual(["taken", 0n]);
  await here.expectCounts(booking, { tickets: 2 });
});

test("a yes after a no whose wallet has been spent since buys nothing, and goes back", async () => {
  const { booking, payment } = await paidPartly();
  await tell(payment, "payment.failed");
  const { buyerId } = booking;
  const event = await openEvent(here.shop);
  const other = await bookNow(here.shop, bookRequest(event, best(1), { buyer: { ...newBuyer(), buyerId } }));
  const request = { buyerId, bookingId: other.id, idempotencyKey: randomUUID(), language: "en" } as const;
  await here.till.payments.start({ ...request, wallet: 4_000n });
  expect(await tell(payment)).toBe("too_late: refunding");
  await here.expectCounts(booking, { tickets: 0 });
  expect(await inWallet(booking)).toBe(0n);
});

test("money that comes late takes the wallet's part again, or leaves it where no seats are to be had", async () => {
  const free = await paidPartly();
  await expire(free.booking);
  expect(await inWallet(free.booking)).toBe(4_000n);
  expect(await tell(free.payment)).toBe("paid late");
  expect([await walletStateOf(free.payment), await inWallet(free.booking)]).toEqual(["taken", 0n]);

  const gone = await paidPartly();
  await expire(gone.booking);
  await here.sellAgain(gone.booking);
  expect(await tell(gone.payment)).toBe("too_late: refunding");
  expect([await walletStateOf(gone.payment), await inWallet(gone.booking)]).toEqual(["returned", 4_000n]);
});

test("the wallets of a group are each taken or given back, once", async () => {
  const [free, gone, declined] = [await paidPartly(), await paidPartly(), await paidPartly()];
  for (const { booking } of [free, gone])
    await expireBookings(
      { ...here.till, clock: { now: () => booking.deadlineMs + 1 } },
      { eventId: booking.eventId },
    );
  await here.sellAgain(gone.booking);
  const messages = [
    await receive(free.payment, { id: `evt_${randomUUID()}`, type: "payment.succeeded" }),
    await receive(gone.payment, { id: `evt_${randomUUID()}`, type: "payment.succeeded" }),
    await receive(declined.payment, { id: `evt_${randomUUID()}`, type: "payment.failed" }),
  ];
  expect(await settleWebhooks(here.till, messages)).toEqual(new Map());
  const states = await Promise.all(
    [free, gone, declined].map(async ({ payment, booking }) => [
      await walletStateOf(payment),
      await inWallet(booking),
    ]),
  );
  expect(states).toEqual([
    ["taken", 0n],
    ["returned", 4_000n],
    ["returned", 4_000n],
  ]);
});

test("money that comes late takes nothing of the wallet before its seats are claimed", async () => {
  const { booking, payment } = await paidPartly();
  await expire(booking);
  const seats = { ...here.till.seats, claim: () => Promise.reject(new Error("Connection is closed.")) };
  const message = await receive(payment, { id: `evt_${randomUUID()}`, type: "payment.succeeded" });
  expect((await settleWebhooks({ ...here.till, seats }, [message])).size).toBe(1);
  expect([await walletStateOf(payment), await inWallet(booking)]).toEqual(["returned", 4_000n]);
});

test("a yes after a no and a new payment of the same booking do not wait for each other in a circle", async () => {
  const { booking, payment } = await paidPartly();
  await tell(payment, "payment.failed");
  const { pool } = here.shop;
  const settling = await inTransaction(pool, async (sql) => {
    // As where a payment begins: the booking, then the wallet.
    await sql.query("select from bookings where id = $1 for no key update", [booking.id]);
    const outcome = tell(payment);
    const waits = async () => (await pool.query("select from pg_locks where not granted")).rowCount !== 0;
    await waitFor(waits, { what: "settling that waits for the booking" });
    await lockWallet(sql, booking.buyerId, "EUR");
    return { outcome };
  });
  expect(await settling.outcome).toBe("paid");
});

test("a top-up fills the wallet once, however often its message comes, and the books balance", async () => {
  const { buyerId } = newBuyer();
  const payment = await findPayment(here.shop.pool, await openTopUp(here.shop.pool, buyerId, 700n));
  if (payment === undefined) throw new Error("no top-up");
  const asked = { ...payment, providerPaymentId: `pay_${payment.id}` };
  expect([await tell(asked), await tell(asked)]).toEqual(["topped up", "nothing new"]);
  expect(await inWallet({ buyerId })).toBe(700n);
  const balances = await trialBalance(here.shop.pool);
  expect(balances.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0n)).toBe(0n);
});
