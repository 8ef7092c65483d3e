import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { RefundId } from "../../foundation/ids.ts";
import { sign } from "../../outside/payment-sandbox/webhooks.ts";
import { openTill, type Till, workOn } from "../../test/harness/money.ts";
import { best, bookRequest, manual, openEvent, openShop, type Shop } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking, BookingStatus } from "../bookings/booking.ts";
import type { Payment } from "./payment.ts";

export type PaymentTest = Awaited<ReturnType<typeof openPaymentTest>>;

export type PaymentTestOptions = {
  /** Whether jobs are done by this process. */
  readonly work: boolean;
  readonly receiveWebhooks?: boolean;
};

/** A shop with its till, and the steps of buyers and of the provider that these tests share. */
export async function openPaymentTest({ work, receiveWebhooks = true }: PaymentTestOptions) {
  const shop = await openShop({ work });
  const till = await openTill(shop, { receiveWebhooks });
  if (work) await workOn(till);
  const close = async () => {
    await till.close();
    await shop.close();
  };
  return { shop, till, close, ...buyerSteps(shop, till), ...looks(shop), ...providerSteps(shop, till) };
}

function buyerSteps(shop: Shop, till: Till) {
  const book = async (options: { paymentWindowMs?: number; quantity?: number } = {}): Promise<Booking> => {
    const { paymentWindowMs = 900_000, quantity = 2 } = options;
    const event = await openEvent(shop, { paymentWindowMs });
    const booked = await shop.bookings.book(bookRequest(event, best(quantity)));
    if (booked.outcome !== "booked") throw new Error(booked.outcome);
    return booked.booking;
  };
  /** Another buyer has the booking's seats from now on; once they are free. */
  const sellAgain = async ({ eventId, seats }: Booking): Promise<Booking> => {
    const event = await shop.catalogue.find(eventId);
    if (event === undefined) throw new Error(`there is no event ${eventId}`);
    const wish = manual(...seats.map(({ seatNumber }) => seatNumber as number));
    const other = await waitFor(
      async () => {
        const booked = await shop.bookings.book(bookRequest(event, wish));
        return booked.outcome === "booked" && booked.booking;
      },
      { what: "the seats for another" },
    );
    await shop.pool.query("update bookings set deadline = now() + interval '1 hour' where id = $1", [
      other.id,
    ]);
    return other;
  };
  const startPayment = async (booking: Booking, idempotencyKey: string = randomUUID()) => {
    const { buyerId, id: bookingId } = booking;
    const started = await till.payments.start({ buyerId, bookingId, idempotencyKey, language: "en" });
    if (started.outcome !== "started") throw new Error(started.outcome);
    return started.payment;
  };
  return { book, sellAgain, startPayment };
}

function looks({ pool, bookings }: Shop) {
  const statusOf = async ({ buyerId, id }: Booking) => (await bookings.find(buyerId, id))?.status;
  return {
    statusOf,
    becomes: (booking: Booking, status: BookingStatus) =>
      waitFor(async () => (await statusOf(booking)) === status, { what: `booking ${status}` }),
    paymentBecomes: (payment: Payment, status: Payment["status"]) =>
      waitFor(
        async () => {
          const found = await pool.query("select from payments where id = $1 and status = $2", [
            payment.id,
            status,
          ]);
          return found.rowCount === 1;
        },
        { what: `payment ${status}` },
      ),
    /** The id of its refund, once the provider has given it back. */
    refundDone: ({ id }: Pick<Payment, "id">): Promise<RefundId> =>
      waitFor(
        async () => {
          const text = "select id from refunds where payment_id = $1 and status = 'done'";
          return (await pool.query<{ id: RefundId }>(text, [id])).rows[0]?.id;
        },
        { what: "the refund" },
      ),
    problemPayment: ({ id }: Booking, problem: string): Promise<Pick<Payment, "id">> =>
      waitFor(
        async () => {
          const text = "select id from payments where booking_id = $1 and problem = $2";
          return (await pool.query<Pick<Payment, "id">>(text, [id, problem])).rows[0];
        },
        { what: `a payment that is ${problem}` },
      ),
    paymentStatuses: async ({ id }: Booking): Promise<string[]> => {
      const text = `select case r.status when 'done' then 'refunded' when 'pending' then 'refunding' else p.status end as status
        from payments p left join refunds r on r.payment_id = p.id where p.booking_id = $1 order by p.created_at`;
      return (await pool.query<{ status: string }>(text, [id])).rows.map((row) => row.status);
    },
    expectCounts: async ({ id }: Booking, counts: Partial<Record<CountedTable, number>>) => {
      const found: Record<string, number | null> = {};
      for (const table of Object.keys(counts))
        found[table] = (await pool.query(`select from ${table} where booking_id = $1`, [id])).rowCount;
      expect(found).toEqual(counts);
    },
  };
}

type CountedTable = "tickets" | "transfers" | "notifications";

function providerSteps({ pool }: Shop, { webhookSecret }: Till) {
  const signed = (content: object) => {
    const body = Buffer.from(JSON.stringify(content));
    return { body, signature: sign(body.toString(), webhookSecret, Date.now()) };
  };
  return {
    signed,
    /** What the provider would say of this payment, with an id of its own each time. */
    webhook: (payment: Payment, overrides: { id?: string; type?: string; amountMinor?: number } = {}) => {
      const { id = `evt_${randomUUID()}`, type = "payment.succeeded" } = overrides;
      const { amountMinor = Number(payment.amount.amountMinor) } = overrides;
      const paymentId = payment.providerPaymentId;
      const data = { paymentId, reference: payment.id, amountMinor, currency: payment.amount.currency };
      return signed({ id, type, data });
    },
    /** What settling did with the message that holds this text. */
    settledOutcome: (text: string): Promise<string> =>
      waitFor(
        async () => {
          const found = await pool.query<{ outcome: string }>(
            "select outcome from webhook_inbox where strpos(body, $1) > 0 and settled_at is not null",
            [text],
          );
          return found.rows[0]?.outcome;
        },
        { what: "the settled message" },
      ),
    allSettled: () =>
      waitFor(
        async () =>
          (await pool.query("select from webhook_inbox where settled_at is null limit 1")).rowCount === 0,
        { what: "all messages settled" },
      ),
  };
}
