import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { sign } from "../../outside/payment-sandbox/webhooks.ts";
import { decide, openTill, type Till, workOn } from "../../test/harness/money.ts";
import { newBuyer, openEvent, openShop, type Shop } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { createTickets } from "../tickets/tickets.ts";
import { settleFact } from "./settle-fact.ts";
import { settleWebhook } from "./settle-webhook.ts";
import { askAboutSilentPayments } from "./silent-payments.ts";

let shop: Shop;
let till: Till;
beforeAll(async () => {
  shop = await openShop({ work: true });
  till = await openTill(shop);
  await workOn(till);
});
afterAll(async () => {
  await till.close();
  await shop.close();
});

async function book(paymentWindowMs = 900_000): Promise<Booking> {
  const event = await openEvent(shop, { paymentWindowMs });
  const sectionId = event.sections[0]?.id;
  if (sectionId === undefined) throw new Error("an event without sections");
  const wish = { mode: "best-available", quantity: 2 } as const;
  const booked = await shop.bookings.book({
    eventId: event.id,
    sectionId,
    wish,
    buyer: newBuyer(),
    idempotencyKey: randomUUID(),
  });
  if (booked.outcome !== "booked") throw new Error(booked.outcome);
  return booked.booking;
}

async function startPayment(booking: Booking, idempotencyKey: string = randomUUID()) {
  const started = await till.payments.start({
    buyerId: booking.buyerId,
    bookingId: booking.id,
    idempotencyKey,
  });
  if (started.outcome !== "started") throw new Error(started.outcome);
  return started.payment;
}

const statusOf = async (booking: Booking) => (await shop.bookings.find(booking.buyerId, booking.id))?.status;
const count = async (table: string, booking: Booking) =>
  Number(
    (await shop.pool.query(`select count(*) as n from ${table} where booking_id = $1`, [booking.id])).rows[0]
      .n,
  );

function becomes(booking: Booking, status: string) {
  return waitFor(async () => (await statusOf(booking)) === status, {
    what: `booking ${status}`,
    withinMs: 10_000,
  });
}

function webhook(
  booking: Booking,
  payment: { id: string },
  overrides: { id?: string; type?: string; amountMinor?: number } = {},
) {
  const {
    id = `evt_${randomUUID()}`,
    type = "payment.succeeded",
    amountMinor = Number(booking.total.amountMinor),
  } = overrides;
  const data = { paymentId: `pay_${payment.id}`, reference: payment.id, amountMinor, currency: "EUR" };
  const body = Buffer.from(JSON.stringify({ id, type, data }));
  return { body, signature: sign(body.toString(), till.webhookSecret, Date.now()) };
}

describe("a payment that is approved in time", () => {
  test("ends in a paid booking, a ticket a seat, a balanced transfer, sold seats and an e-mail with the codes", async () => {
    const booking = await book();
    const payment = await startPayment(booking);
    await decide(payment.payUrl, "approve");
    await becomes(booking, "paid");
    const paid = await shop.bookings.find(booking.buyerId, booking.id);
    const ticketIds = paid?.seats.map((seat) => seat.ticketId) ?? [];
    expect(ticketIds).toHaveLength(2);
    const ticket = await createTickets(shop).find(booking.buyerId, ticketIds[1] as never);
    expect(ticket).toMatchObject({ status: "valid", label: { row: "1", seat: "2" } });
    expect(await createTickets(shop).find(newBuyer().buyerId, ticketIds[1] as never)).toBeUndefined();
    const entries = await shop.pool.query(
      `select a.kind, e.amount_minor from entries e join transfers t on t.id = e.transfer_id
         join ledger_accounts a on a.id = e.account_id where t.booking_id = $1 order by e.amount_minor`,
      [booking.id],
    );
    expect(entries.rows).toEqual([
      { kind: "organiser_payable", amount_minor: -9_000n },
      { kind: "provider_clearing", amount_minor: 9_000n },
    ]);
    const seats = () => shop.seats.snapshot(booking.eventId, booking.sectionId);
    await waitFor(async () => (await seats())?.seats.startsWith("ssf"), { what: "sold seats" });
    const mails = await waitFor(async () => (await till.mailsTo(booking.buyerEmail))[0], {
      what: "the e-mail",
    });
    expect(mails.subject).toBe("Your tickets for Test event");
    expect(mails.text).toContain(ticket?.code);
    expect(mails.text).toContain("row 1, seat 2");
    expect(mails.text).toContain("€90.00");
  });

  test("is started once by a repeated request, and finds its booking's state afterwards", async () => {
    const booking = await book();
    const key = randomUUID();
    const [first, second] = [await startPayment(booking, key), await startPayment(booking, key)];
    expect(second).toEqual(first);
    expect((await till.books()).payments.filter((payment) => payment.reference === first.id)).toHaveLength(1);
  });

  test("settles once through duplicates, all at once and late", async () => {
    const booking = await book();
    const payment = await startPayment(booking);
    const same = webhook(booking, payment, { id: `evt_${randomUUID()}` });
    const received = await Promise.all(
      Array.from({ length: 10 }, () => till.inbox.receive(same.body, same.signature)),
    );
    expect(received.filter(({ outcome }) => outcome === "stored")).toHaveLength(1);
    const others = Array.from({ length: 5 }, () => webhook(booking, payment));
    await Promise.all(others.map(({ body, signature }) => till.inbox.receive(body, signature)));
    await becomes(booking, "paid");
    await waitFor(
      async () =>
        (
          await shop.pool.query(
            "select from webhook_inbox where settled_at is null and body like '%' || $1 || '%'",
            [payment.id],
          )
        ).rowCount === 0,
      { what: "all messages settled" },
    );
    expect(await count("tickets", booking)).toBe(2);
    expect(await count("transfers", booking)).toBe(1);
    expect(await count("notifications", booking)).toBe(1);
  });

  test("is not undone by a message of failure that comes after it", async () => {
    const booking = await book();
    const payment = await startPayment(booking);
    for (const type of ["payment.succeeded", "payment.failed"]) {
      const { body, signature } = webhook(booking, payment, { type });
      await till.inbox.receive(body, signature);
      await becomes(booking, "paid");
    }
    const found = await shop.pool.query("select status from payments where id = $1", [payment.id]);
    expect(found.rows).toEqual([{ status: "succeeded" }]);
  });
});

test("the same messages, settled without the payment's guard, would pay twice", async () => {
  const booking = await book();
  const payment = await startPayment(booking);
  const fact = {
    providerEventId: "x",
    kind: "payment_succeeded",
    providerPaymentId: "p",
    paymentId: payment.id,
    amount: booking.total,
  } as const;
  const settleUnguarded = () =>
    inTransaction(shop.pool, async (sql) => {
      await sql.query("update payments set status = 'pending' where id = $1", [payment.id]);
      return settleFact(till, sql, fact);
    });
  expect((await settleUnguarded()).outcome).toBe("paid");
  // The second takes the money for a second payment and gives it back: one payment, two effects.
  expect((await settleUnguarded()).outcome).toContain("refunding");
});

describe("a declined payment", () => {
  test("leaves the booking payable, and another payment pays it", async () => {
    const booking = await book();
    const declined = await startPayment(booking);
    await decide(declined.payUrl, "decline");
    await waitFor(
      async () =>
        (await shop.pool.query("select from payments where id = $1 and status = 'failed'", [declined.id]))
          .rowCount === 1,
      { what: "failed payment" },
    );
    expect(await statusOf(booking)).toBe("pending_payment");
    await decide((await startPayment(booking)).payUrl, "approve");
    await becomes(booking, "paid");
  });
});

describe("money that cannot become tickets", () => {
  test("of a booking that has expired is given back once, and both books agree", async () => {
    const booking = await book(1_000);
    const payment = await startPayment(booking);
    await becomes(booking, "expired");
    await decide(payment.payUrl, "approve");
    await waitFor(
      async () =>
        (await shop.pool.query("select from payments where id = $1 and status = 'refunded'", [payment.id]))
          .rowCount === 1,
      { what: "refund" },
    );
    expect(await statusOf(booking)).toBe("expired");
    expect(await count("tickets", booking)).toBe(0);
    expect(await count("transfers", booking)).toBe(2);
    const books = await till.books();
    const theirs = books.payments.find((candidate) => candidate.reference === payment.id);
    expect(theirs?.status).toBe("refunded");
    expect(books.refunds.filter((refund) => refund.paymentId === theirs?.id)).toHaveLength(1);
    const mail = await waitFor(async () => (await till.mailsTo(booking.buyerEmail))[0], {
      what: "the e-mail",
    });
    expect(mail.subject).toContain("goes back to you");
  });

  test("of a second payment for one booking is given back, and the tickets stay", async () => {
    const booking = await book();
    const [first, second] = [await startPayment(booking), await startPayment(booking)];
    await decide(first.payUrl, "approve");
    await becomes(booking, "paid");
    await decide(second.payUrl, "approve");
    await waitFor(
      async () =>
        (await shop.pool.query("select from payments where id = $1 and status = 'refunded'", [second.id]))
          .rowCount === 1,
      { what: "refund" },
    );
    expect(await statusOf(booking)).toBe("paid");
    expect(await count("tickets", booking)).toBe(2);
  });

  test("of another amount is parked and pays nothing", async () => {
    const booking = await book();
    const payment = await startPayment(booking);
    const { body, signature } = webhook(booking, payment, { id: "evt_short", amountMinor: 1 });
    await till.inbox.receive(body, signature);
    const parked = await waitFor(
      async () =>
        (
          await shop.pool.query(
            "select outcome from webhook_inbox where provider_event_id = 'evt_short' and settled_at is not null",
          )
        ).rows[0],
      { what: "the parked message" },
    );
    expect(parked.outcome).toContain("parked");
    expect(await statusOf(booking)).toBe("pending_payment");
  });
});

describe("a webhook", () => {
  test.each([
    ["forged", (body: Buffer) => ({ body, signature: sign(body.toString(), "x".repeat(40), Date.now()) })],
    [
      "too old",
      (body: Buffer) => ({
        body,
        signature: sign(body.toString(), till.webhookSecret, Date.now() - 6 * 60_000),
      }),
    ],
    [
      "tampered with",
      (body: Buffer) => ({
        body: Buffer.concat([body, Buffer.from(" ")]),
        signature: sign(body.toString(), till.webhookSecret, Date.now()),
      }),
    ],
    ["unsigned", (body: Buffer) => ({ body, signature: "" })],
  ])("that is %s is refused and leaves no row", async (_kind, make) => {
    const booking = await book();
    const id = `evt_${randomUUID()}`;
    const { body, signature } = make(webhook(booking, await startPayment(booking), { id }).body);
    expect(await till.inbox.receive(body, signature)).toEqual({ outcome: "webhook_signature_wrong" });
    expect(
      (await shop.pool.query("select from webhook_inbox where provider_event_id = $1", [id])).rowCount,
    ).toBe(0);
  });

  test("of a kind that nobody knows is kept and ignored", async () => {
    const body = Buffer.from(JSON.stringify({ id: "evt_odd", type: "payout.paid", data: {} }));
    await till.inbox.receive(body, sign(body.toString(), till.webhookSecret, Date.now()));
    const kept = await waitFor(
      async () =>
        (
          await shop.pool.query(
            "select outcome from webhook_inbox where provider_event_id = 'evt_odd' and settled_at is not null",
          )
        ).rows[0],
      { what: "the odd message" },
    );
    expect(kept.outcome).toBe("ignored");
  });

  test("that is lost is made up for by asking the provider, once", async () => {
    const lonely = await openShop();
    const deaf = await openTill(lonely, { receiveWebhooks: false });
    const event = await openEvent(lonely);
    const wish = { mode: "best-available", quantity: 1 } as const;
    const booked = await lonely.bookings.book({
      eventId: event.id,
      sectionId: event.sections[0]?.id as never,
      wish,
      buyer: newBuyer(),
      idempotencyKey: randomUUID(),
    });
    if (booked.outcome !== "booked") throw new Error(booked.outcome);
    const started = await deaf.payments.start({
      buyerId: booked.booking.buyerId,
      bookingId: booked.booking.id,
      idempotencyKey: randomUUID(),
    });
    if (started.outcome !== "started") throw new Error(started.outcome);
    await decide(started.payment.payUrl, "approve");
    await askAboutSilentPayments({ ...deaf, clock: { now: () => Date.now() + 61_000 } });
    expect((await lonely.bookings.find(booked.booking.buyerId, booked.booking.id))?.status).toBe("paid");
    await deaf.close();
    await lonely.close();
  });

  test("whose worker dies between storing and settling is settled by the next worker", async () => {
    const lonely = await openShop();
    const unattended = await openTill(lonely);
    const event = await openEvent(lonely);
    const wish = { mode: "best-available", quantity: 1 } as const;
    const booked = await lonely.bookings.book({
      eventId: event.id,
      sectionId: event.sections[0]?.id as never,
      wish,
      buyer: newBuyer(),
      idempotencyKey: randomUUID(),
    });
    if (booked.outcome !== "booked") throw new Error(booked.outcome);
    const { buyerId, id: bookingId } = booked.booking;
    const started = await unattended.payments.start({ buyerId, bookingId, idempotencyKey: randomUUID() });
    if (started.outcome !== "started") throw new Error(started.outcome);
    await decide(started.payment.payUrl, "approve");
    const stored = await waitFor(
      async () => (await lonely.pool.query<{ id: string }>("select id from webhook_inbox")).rows[0],
      { what: "the stored message" },
    );
    // A worker that dies in the middle of its transaction leaves nothing of it.
    const dying = await lonely.pool.connect();
    await dying.query("begin");
    await dying.query("update bookings set status = 'paid' where id = $1", [bookingId]);
    dying.release(true);
    await settleWebhook(unattended, { inboxId: stored.id });
    await settleWebhook(unattended, { inboxId: stored.id });
    expect((await lonely.bookings.find(buyerId, bookingId))?.status).toBe("paid");
    expect((await lonely.pool.query("select from tickets")).rowCount).toBe(1);
    await unattended.close();
    await lonely.close();
  });
});

test("the provider being away is said plainly, and the same key goes on when it is back", async () => {
  const booking = await book();
  const away = { ...till.provider, create: () => Promise.reject(new Error("connection refused")) };
  const { createPayments } = await import("./payments.ts");
  const request = { buyerId: booking.buyerId, bookingId: booking.id, idempotencyKey: randomUUID() };
  const payments = createPayments({ ...till, provider: away, publicUrl: "http://127.0.0.1" });
  expect(await payments.start(request)).toEqual({ outcome: "payment_provider_down" });
  expect(await till.payments.start(request)).toMatchObject({
    outcome: "started",
    payment: { status: "pending" },
  });
});

test("the sandbox delivers after its own death what it owed before", async () => {
  const booking = await book();
  const payment = await startPayment(booking);
  await decide(payment.payUrl, "approve");
  await till.restartSandbox();
  await becomes(booking, "paid");
  await waitFor(async () => (await till.books()).webhooksOnTheirWay === 0, {
    what: "all webhooks delivered",
  });
});
