import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TicketId } from "../../foundation/ids.ts";
import { createPool } from "../../foundation/postgres/pool.ts";
import { decide } from "../../test/harness/money.ts";
import { newBuyer } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createTicketKeys } from "../tickets/ticket-keys.ts";
import { createTickets } from "../tickets/tickets.ts";
import { paymentProviders } from "./payment-providers.ts";
import { createPayments } from "./payments.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: true });
});
afterAll(() => here.close());

describe("a payment that is approved in time", () => {
  test("makes the booking paid, with a ticket a seat that only its buyer sees", async () => {
    const booking = await here.book();
    await decide((await here.startPayment(booking)).payUrl, "approve");
    await here.becomes(booking, "paid");
    const paid = await here.shop.bookings.find(booking.buyerId, booking.id);
    const ticketIds = paid?.seats.map((seat) => seat.ticketId as TicketId) ?? [];
    expect(new Set(ticketIds).size).toBe(2);
    const { shop } = here;
    const keys = createTicketKeys({ ...shop, secret: "a secret of the tests, thirty-two characters" });
    const tickets = createTickets({ pool: shop.pool, keys });
    const second = ticketIds[1] as TicketId;
    expect(await tickets.find(booking.buyerId, second)).toMatchObject({
      status: "valid",
      label: { row: "1", seat: "2" },
    });
    expect(await tickets.find(newBuyer().buyerId, second)).toBeUndefined();
  });

  test("is written to the ledger: the provider owes us what we owe the organiser", async () => {
    const booking = await here.book();
    await decide((await here.startPayment(booking)).payUrl, "approve");
    await here.becomes(booking, "paid");
    const entries = await here.shop.pool.query(
      `select a.kind, e.amount_minor from entries e join transfers t on t.id = e.transfer_id
         join ledger_accounts a on a.id = e.account_id where t.booking_id = $1 order by e.amount_minor`,
      [booking.id],
    );
    expect(entries.rows).toEqual([
      { kind: "organiser_payable", amount_minor: -9_000n },
      { kind: "provider_clearing", amount_minor: 9_000n },
    ]);
  });

  test("makes the seats sold on the map, and is told to the buyer's sockets", async () => {
    const booking = await here.book();
    const heard: string[] = [];
    const end = await here.till.changes.watch(booking.eventId, ({ status }) => heard.push(status));
    await decide((await here.startPayment(booking)).payUrl, "approve");
    const map = () => here.shop.seats.snapshot(booking.eventId, booking.seats[0]?.sectionId as never);
    await waitFor(async () => (await map())?.seats.startsWith("220"), { what: "sold seats" });
    await waitFor(() => heard.includes("paid"), { what: "the news" });
    await end();
  });

  test("sends the buyer one e-mail with the place of each ticket", async () => {
    const booking = await here.book();
    await decide((await here.startPayment(booking)).payUrl, "approve");
    const mails = await waitFor(
      async () => {
        const found = await here.till.mailsTo(booking.buyerEmail);
        return found.length > 0 && found;
      },
      { what: "the e-mail" },
    );
    expect(mails).toHaveLength(1);
    expect(mails[0]?.subject).toBe("Your tickets for Test event");
    for (const part of ["row 1, seat 1", "row 1, seat 2", "€90.00"]) expect(mails[0]?.text).toContain(part);
  });

  test("is not undone by a message of failure that comes after it", async () => {
    const booking = await here.book();
    const payment = await here.startPayment(booking);
    for (const type of ["payment.succeeded", "payment.failed"]) {
      const { body, signature } = here.webhook(payment, { type });
      await here.till.inbox.receive("sandbox", body, signature);
      await here.allSettled();
    }
    expect(await here.statusOf(booking)).toBe("paid");
    expect(await here.paymentStatuses(booking)).toEqual(["succeeded"]);
  });

  test("counts also when its message comes before the answer to our own request", async () => {
    const booking = await here.book();
    const provider = {
      ...here.till.provider,
      create: async (wanted: Parameters<typeof here.till.provider.create>[0]) => {
        const created = await here.till.provider.create(wanted);
        await decide(created.payUrl, "approve");
        await here.becomes(booking, "paid");
        return created;
      },
    };
    const payments = createPayments({
      ...here.till,
      providers: paymentProviders(provider),
    });
    const { buyerId, id: bookingId } = booking;
    const started = await payments.start({
      buyerId,
      bookingId,
      idempotencyKey: randomUUID(),
      language: "en",
    });
    expect(started).toMatchObject({ outcome: "started", payment: { status: "succeeded" } });
    await here.expectCounts(booking, { tickets: 2, transfers: 1 });
  });
});

describe("the start of a payment", () => {
  test("is one payment, here and at the provider, however often the request is repeated at once", async () => {
    const booking = await here.book();
    const { buyerId, id: bookingId } = booking;
    const request = { buyerId, bookingId, idempotencyKey: randomUUID(), language: "en" } as const;
    const started = await Promise.all(Array.from({ length: 5 }, () => here.till.payments.start(request)));
    const again = await here.till.payments.start(request);
    expect(new Set([...started, again].map((one) => JSON.stringify(idOf(one)))).size).toBe(1);
    expect(started.filter((one) => one.outcome === "started" && one.fresh)).toHaveLength(1);
    const id = idOf(again);
    expect((await here.till.books()).payments.filter(({ reference }) => reference === id)).toHaveLength(1);
  });

  test("is refused for another buyer's booking, and for one that has ended", async () => {
    const booking = await here.book({ paymentWindowMs: 1_000 });
    const bookingId = booking.id;
    const stranger = {
      buyerId: newBuyer().buyerId,
      bookingId,
      idempotencyKey: randomUUID(),
      language: "en",
    } as const;
    expect(await here.till.payments.start(stranger)).toEqual({ outcome: "not_found" });
    await here.becomes(booking, "expired");
    const late = {
      buyerId: booking.buyerId,
      bookingId,
      idempotencyKey: randomUUID(),
      language: "en",
    } as const;
    expect(await here.till.payments.start(late)).toEqual({ outcome: "booking_not_payable" });
  });

  test("says plainly that the provider is away, and goes on with the same key when it is back", async () => {
    const { buyerId, id: bookingId } = await here.book();
    const away = { ...here.till.provider, create: () => Promise.reject(new Error("connection refused")) };
    const request = { buyerId, bookingId, idempotencyKey: randomUUID(), language: "en" } as const;
    const payments = createPayments({
      ...here.till,
      providers: paymentProviders(away),
    });
    expect(await payments.start(request)).toEqual({ outcome: "payment_provider_down" });
    const started = await here.till.payments.start(request);
    expect(started).toMatchObject({ outcome: "started", payment: { status: "pending" } });
  });

  test("does not blame the provider for a database that is away", async () => {
    const { buyerId, id: bookingId } = await here.book();
    const pool = createPool(here.shop.databaseUrl, 2);
    const provider = {
      ...here.till.provider,
      create: async (wanted: Parameters<typeof here.till.provider.create>[0]) => {
        const created = await here.till.provider.create(wanted);
        await pool.end();
        return created;
      },
    };
    const payments = createPayments({
      ...here.till,
      pool,
      providers: paymentProviders(provider),
    });
    const start = payments.start({ buyerId, bookingId, idempotencyKey: randomUUID(), language: "en" });
    await expect(start).rejects.toThrow("after calling end on the pool");
  });
});

test("a declined payment leaves the booking payable, and another payment pays it", async () => {
  const booking = await here.book();
  const declined = await here.startPayment(booking);
  await decide(declined.payUrl, "decline");
  await here.paymentBecomes(declined, "failed");
  expect(await here.statusOf(booking)).toBe("pending_payment");
  await decide((await here.startPayment(booking)).payUrl, "approve");
  await here.becomes(booking, "paid");
  await here.expectCounts(booking, { tickets: 2, transfers: 1, notifications: 1 });
});

function idOf(outcome: Awaited<ReturnType<typeof here.till.payments.start>>): string | undefined {
  return outcome.outcome === "started" ? outcome.payment.id : undefined;
}
