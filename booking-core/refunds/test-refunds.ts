import { randomUUID } from "node:crypto";
import { decide } from "../../test/harness/money.ts";
import { best, bookNow, bookRequest, openEvent, type TestEventOptions } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { Booking } from "../bookings/booking.ts";
import type { OnsaleEvent, RefundPolicy } from "../events/event.ts";
import { openPaymentTest, type PaymentTest, type PaymentTestOptions } from "../payments/test-payments.ts";
import { createRefunds } from "./refunds.ts";

export const generous: RefundPolicy = {
  untilMs: 0,
  shareBasisPoints: 10_000,
  feesToo: true,
  seatsReturn: true,
};

export type RefundTest = Awaited<ReturnType<typeof openRefundTest>>;

/** A shop with its till, and the steps of whoever gives tickets back. */
export async function openRefundTest(options: PaymentTestOptions = { work: true }) {
  const here = await openPaymentTest(options);
  const refunds = createRefunds(here.till);
  return { ...here, refunds, ...stepsOf(here, refunds), ...booksOf(here) };
}

const ask = ({ id: bookingId }: Booking, positions: readonly number[] | null = null) =>
  ({ bookingId, positions, to: "provider" }) as const;

function stepsOf(here: PaymentTest, refunds: ReturnType<typeof createRefunds>) {
  const openPolicyEvent = async (policy: RefundPolicy | null = generous, options: TestEventOptions = {}) => {
    const event = await openEvent(here.shop, { sections: [{ ...rows }], ...options });
    await here.shop.pool.query("update events set refund_policy = $2 where id = $1", [event.id, policy]);
    return event;
  };
  const payFor = async (booking: Booking): Promise<Booking> => {
    await decide((await here.startPayment(booking)).payUrl, "approve");
    await here.becomes(booking, "paid");
    return booking;
  };
  const paidFor = async (event: OnsaleEvent, quantity: number): Promise<Booking> =>
    payFor(await bookNow(here.shop, bookRequest(event, best(quantity))));
  return {
    ask,
    openPolicyEvent,
    payFor,
    paidFor,
    paid: async (quantity: number, policy: RefundPolicy | null = generous, options: TestEventOptions = {}) =>
      paidFor(await openPolicyEvent(policy, options), quantity),
    byBuyer: (booking: Booking, positions: readonly number[] | null = null, key: string = randomUUID()) =>
      refunds.askedByBuyer(booking.buyerId, ask(booking, positions), key),
  };
}

const rows = {
  name: "rows",
  kind: "seated",
  rows: [1, 2].map((row) => ({ label: String(row), seats: 10, centre: 0 })),
} as const;

function booksOf({ shop: { pool }, till }: PaymentTest) {
  const nothingOpen = (column: string, ids: readonly string[]) =>
    waitFor(
      async () => {
        const open = `select from refunds where ${column} = any($1::uuid[]) and status <> 'done'`;
        return (await pool.query(open, [ids])).rowCount === 0;
      },
      { what: "refunds done" },
    );
  return {
    /** What the provider has given back of this booking, once nothing is under way any more. */
    givenBack: async ({ id }: Pick<Booking, "id">): Promise<number> => {
      await nothingOpen("booking_id", [id]);
      const found = await pool.query<{ id: string }>(
        "select provider_payment_id as id from payments where booking_id = $1",
        [id],
      );
      const { refunds } = await till.books();
      return refunds
        .filter(
          ({ paymentId, status }) => status === "succeeded" && found.rows.some((row) => row.id === paymentId),
        )
        .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    },
    ticketStates: async ({ id }: Pick<Booking, "id">): Promise<string[]> => {
      const found = await pool.query<{ status: string }>(
        "select status from tickets where booking_id = $1 order by position",
        [id],
      );
      return found.rows.map(({ status }) => status);
    },
    /** Of an account kind all parties together. */
    balanceOf: async (kind: string): Promise<bigint> => {
      const found = await pool.query<{ sum: bigint }>(
        `select coalesce(sum(b.balance_minor), 0)::bigint as sum
           from account_balances b join ledger_accounts a on a.id = b.account_id where a.kind = $1`,
        [kind],
      );
      return found.rows[0]?.sum ?? 0n;
    },
  };
}
