import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { sign } from "../../outside/payment-sandbox/webhooks.ts";
import { decide, openTill, type Till, workOn } from "../../test/harness/money.ts";
import { newBuyer, openEvent, openShop, type Shop } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import { trialBalance } from "../ledger/trial-balance.ts";
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

const paymentStatuses = async (booking: Booking) =>
  (
    await shop.pool.query<{ status: string }>(
      "select status from payments where booking_id = $1 order by created_at",
      [booking.id],
    )
  ).rows.map((row) => row.status);

function becomes(booking: Booking, status: string) {
  return waitFor(async () => (await statusOf(booking)) === status, {
    what: `booking ${status}`,
    withinMs: 10_000,
  });
}

function webhook(
  booking: Booking,
  payment: { id: string },
  overrides: { id?: string; type?: string; amountMinor?: number; reference?: string } = {},
) {
  const {
    id = `evt_${randomUUID()}`,
    type = "payment.succeeded",
    amountMinor = Number(booking.total.amountMinor),
    reference = payment.id,
  } = overrides;
  const data = { paymentId: `pay_${payment.id}`, reference, amountMinor, currency: "EUR" };
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

describe("two messages that say of one payment at the same time that it is paid", () => {
  /** Settles both in transactions that run side by side; none writes before both have read the payment, if they can. */
  async function settleBoth(booking: Booking, adapt: (sql: Sql) => Sql) {
    const payment = await startPayment(booking);
    const facts = ["evt_one", "evt_two"].map((providerEventId) => ({
      providerEventId,
      kind: "payment_succeeded" as const,
      providerPaymentId: payment.providerPaymentId ?? "",
      paymentId: payment.id,
      amount: booking.total,
    }));
    const settled = await Promise.all(
      facts.map((fact) => inTransaction(shop.pool, (sql) => settleFact(till, adapt(sql), fact))),
    );
    return settled.map(({ outcome }) => outcome).toSorted();
  }

  /** The same statements without the lock of the payment's row, each going on once both have read. */
  function withoutLock(): (sql: Sql) => Sql {
    let readers = 0;
    return (sql) => {
      const query = async (text: string, values: unknown[]) => {
        const isRead = text.includes("from payments");
        const result = await sql.query(isRead ? text.replace(" for update", "") : text, values);
        if (isRead) readers += 1;
        if (isRead) await waitFor(() => readers === 2, { what: "both to have read" });
        return result;
      };
      return { query: query as Sql["query"] };
    };
  }

  test("pay once and take nothing back", async () => {
    const booking = await book();
    expect(await settleBoth(booking, (sql) => sql)).toEqual(["nothing new", "paid"]);
    expect(await paymentStatuses(booking)).toEqual(["succeeded"]);
  });

  test("would give the money back beside the tickets, were the payment's row not locked", async () => {
    const booking = await book();
    const outcomes = await settleBoth(booking, withoutLock());
    expect(outcomes).toEqual(["paid", "the booking could not be paid any more: refunding"].toSorted());
    expect(await statusOf(booking)).toBe("paid");
    expect(await paymentStatuses(booking)).not.toEqual(["succeeded"]);
  });
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

  test("of another amount is parked and pays nothing, also when the provider is asked", async () => {
    const booking = await book();
    const payment = await startPayment(booking);
    // As if more had been asked for than the provider was told.
    await shop.pool.query("update payments set amount_minor = amount_minor + 1 where id = $1", [payment.id]);
    await decide(payment.payUrl, "approve");
    expect(await settledOutcome(payment.id)).toBe("parked: the amount is not what was asked for");
    await askAboutSilentPayments({ ...till, clock: { now: () => Date.now() + 61_000 } });
    expect(await statusOf(booking)).toBe("pending_payment");
    expect(await paymentStatuses(booking)).toEqual(["pending"]);
    expect(await count("transfers", booking)).toBe(0);
  });
});

/** What settling did with the message that holds this text. */
function settledOutcome(text: string): Promise<string> {
  return waitFor(
    async () => {
      const found = await shop.pool.query<{ outcome: string | null }>(
        "select outcome from webhook_inbox where strpos(body, $1) > 0 and settled_at is not null",
        [text],
      );
      return found.rows[0]?.outcome;
    },
    { what: "the settled message" },
  );
}

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

  test.each([
    ["of a kind that nobody knows", "ignored", { type: "payout.paid", data: {} }],
    ["that cannot be read", "parked: the message cannot be read", { type: "payment.succeeded", data: {} }],
    [
      "of a payment that is not ours",
      "parked: the payment is not ours",
      {
        type: "payment.succeeded",
        data: { paymentId: "pay_1", reference: "another shop's", amountMinor: 1, currency: "EUR" },
      },
    ],
  ])("%s is kept, and is %s", async (_what, outcome, content) => {
    const id = `evt_${randomUUID()}`;
    const body = Buffer.from(JSON.stringify({ id, ...content }));
    const signature = sign(body.toString(), till.webhookSecret, Date.now());
    expect(await till.inbox.receive(body, signature)).toEqual({ outcome: "stored" });
    expect(await settledOutcome(id)).toBe(outcome);
  });

  test("that tells of a refund of a part does not count as the whole", async () => {
    const booking = await book(1_000);
    const payment = await startPayment(booking);
    await becomes(booking, "expired");
    await shop.pool.query("update payments set status = 'refunding' where id = $1", [payment.id]);
    const { body, signature } = webhook(booking, payment, { type: "refund.succeeded", amountMinor: 1 });
    await till.inbox.receive(body, signature);
    expect(await settledOutcome(payment.id)).toBe("parked: the refund is not of the whole amount");
    expect(await paymentStatuses(booking)).toEqual(["refunding"]);
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

  test("that is awaited is asked for after a minute, and ever more rarely", async () => {
    const booking = await book();
    const payment = await startPayment(booking);
    // A little before the payment: its first minute is then over at the quarter after it.
    const startedAt = Date.now() - 1_000;
    const asked: number[] = [];
    const minute = 60_000;
    for (let now = 0; now <= 60 * minute; now += minute / 4) {
      const provider = {
        ...till.provider,
        status: async (id: string) => {
          if (id === payment.providerPaymentId) asked.push(now / minute);
          return till.provider.status(id);
        },
      };
      await askAboutSilentPayments({ ...till, provider, clock: { now: () => startedAt + now } });
    }
    expect(asked.slice(0, 4)).toEqual([1.25, 2.5, 3.75, 5]);
    expect(asked.length).toBeLessThan(16);
    expect(60 - (asked.at(-1) ?? 0)).toBeLessThan(15);
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

test("after every kind of end, told twice and out of order, the provider's books and ours agree to the cent", async () => {
  const lonely = await openShop({ work: true });
  const ours = await openTill(lonely);
  await workOn(ours);
  const event = await openEvent(lonely, { paymentWindowMs: 2_000 });
  const pay = async (decisions: ("approve" | "decline")[], isLate = false) => {
    const wish = { mode: "best-available", quantity: 1 } as const;
    const sectionId = event.sections[0]?.id as never;
    const key = randomUUID();
    const request = { eventId: event.id, sectionId, wish, buyer: newBuyer(), idempotencyKey: key };
    const booked = await lonely.bookings.book(request);
    if (booked.outcome !== "booked") throw new Error(booked.outcome);
    const { id: bookingId, buyerId } = booked.booking;
    for (const [index, decision] of decisions.entries()) {
      const started = await ours.payments.start({ buyerId, bookingId, idempotencyKey: `${key}-${index}` });
      if (started.outcome !== "started") throw new Error(started.outcome);
      const status = async () => (await lonely.bookings.find(buyerId, bookingId))?.status;
      if (isLate) await waitFor(async () => (await status()) === "expired", { what: "the deadline" });
      await decide(started.payment.payUrl, decision, { copies: 2, delayMs: index === 0 ? 200 : 0 });
    }
  };
  await Promise.all([
    pay(["approve"]),
    pay(["approve", "approve"]),
    pay(["decline", "approve"]),
    pay(["decline"]),
    pay(["approve"], true),
  ]);
  const theirs = await waitFor(
    async () => {
      const books = await ours.books();
      const open = await lonely.pool.query(
        "select from payments where status in ('created', 'pending', 'refunding') union all select from webhook_inbox where settled_at is null",
      );
      return open.rowCount === 0 && books.webhooksOnTheirWay === 0 && books;
    },
    { what: "everything settled" },
  );
  const keptMinor = theirs.payments
    .filter(({ status }) => status === "succeeded")
    .reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n);
  expect(keptMinor).toBe(13_500n);
  expect(theirs.refunds).toHaveLength(2);
  expect(await trialBalance(lonely.pool)).toEqual([
    { kind: "buyer_refunds", currency: "EUR", balanceMinor: 0n },
    { kind: "organiser_payable", currency: "EUR", balanceMinor: -keptMinor },
    { kind: "provider_clearing", currency: "EUR", balanceMinor: keptMinor },
  ]);
  await ours.close();
  await lonely.close();
});
