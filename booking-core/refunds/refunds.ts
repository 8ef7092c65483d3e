import { type BookingId, type BuyerId, type PaymentId, uuidFromParts } from "../../foundation/ids.ts";
import type { Money } from "../../foundation/money.ts";
import { inTransactionAgain } from "../../foundation/postgres/pool.ts";
import { type BookingJobParts, followChange } from "../bookings/jobs.ts";
import { type Actor, type AuditedParts, writeAudit } from "../rooms/audit.ts";
import { refundsOf } from "./find-refund.ts";
import type { RefundParts } from "./open-refunds.ts";
import type { Refund } from "./refund.ts";
import { type ParkedRefundOutcome, refundParkedPayment } from "./refund-parked-payment.ts";
import { buyersRule, organisersRule } from "./refund-rules.ts";
import { prepareRefund, type RefundOutcome, type RefundRefusal, refundTickets } from "./refund-tickets.ts";

/** Which tickets of a booking go back; without positions all that are left. */
export type OrganiserAsk = {
  readonly bookingId: BookingId;
  readonly positions: readonly number[] | null;
};

export type RefundAsk = OrganiserAsk & { readonly to: "provider" | "wallet" };

export type Quote =
  | {
      readonly outcome: "quoted";
      readonly provider: Money;
      readonly wallet: Money;
      readonly positions: readonly number[];
    }
  | RefundRefusal;

export type Refunds = {
  /** What a buyer would get back at this moment. */
  quote(buyerId: BuyerId, ask: RefundAsk): Promise<Quote>;
  askedByBuyer(buyerId: BuyerId, ask: RefundAsk, idempotencyKey: string): Promise<RefundOutcome>;
  /** The way the money came: whether the buyer can have a wallet is not known here. */
  byOrganiser(actor: Actor, ask: OrganiserAsk, idempotencyKey: string, why: string): Promise<RefundOutcome>;
  ofParkedPayment(actor: Actor, paymentId: PaymentId, why: string): Promise<ParkedRefundOutcome>;
  /** Nothing where the booking is not the buyer's. */
  list(buyerId: BuyerId, bookingId: BookingId): Promise<readonly Refund[] | undefined>;
};

export type RefundServiceParts = BookingJobParts & RefundParts & AuditedParts;

export function createRefunds(parts: RefundServiceParts): Refunds {
  const { pool, clock } = parts;
  return {
    quote: async (buyerId, ask) => {
      const prepared = await prepareRefund(pool, ask, buyersRule(pool, buyerId, clock.now()));
      if (prepared.outcome !== "prepared") return prepared;
      const { booking, seats, amounts } = prepared;
      const { currency } = booking.total;
      return {
        outcome: "quoted",
        provider: { amountMinor: amounts.amountMinor, currency },
        wallet: { amountMinor: amounts.walletMinor, currency },
        positions: seats.map(({ position }) => position),
      };
    },
    askedByBuyer: async (buyerId, ask, idempotencyKey) => {
      const key = `buyer ${uuidFromParts(buyerId, ask.bookingId, idempotencyKey)}`;
      const outcome = await inTransactionAgain(pool, (sql) =>
        refundTickets(
          parts,
          sql,
          { ...ask, key, requestedBy: buyerId, reason: "buyer" },
          buyersRule(sql, buyerId, clock.now()),
        ),
      );
      return told(parts, outcome);
    },
    byOrganiser: async (actor, ask, idempotencyKey, why) => {
      const key = `organiser ${uuidFromParts(ask.bookingId, idempotencyKey)}`;
      const requestedBy = actor.id as BuyerId | null;
      const outcome = await inTransactionAgain(pool, async (sql) => {
        const refunded = await refundTickets(
          parts,
          sql,
          { ...ask, to: "provider", key, requestedBy, reason: "organiser" },
          organisersRule,
        );
        if (refunded.outcome === "refunded" && refunded.fresh)
          await writeAudit(parts, sql, {
            ...{ eventId: refunded.booking.eventId, actor, action: "tickets_refunded", before: null },
            after: { bookingId: ask.bookingId, positions: refunded.refund.positions, why },
          });
        return refunded;
      });
      return told(parts, outcome);
    },
    ofParkedPayment: (actor, paymentId, why) => refundParkedPayment(parts, actor, paymentId, why),
    list: async (buyerId, bookingId) => {
      const own = await pool.query("select from bookings where id = $1 and buyer_id = $2", [
        bookingId,
        buyerId,
      ]);
      return own.rowCount === 1 ? refundsOf(pool, bookingId) : undefined;
    },
  };
}

/** Seats and sockets hear of it at once; the job that was committed with the refund makes up for what fails. */
async function told(parts: RefundServiceParts, outcome: RefundOutcome): Promise<RefundOutcome> {
  if (outcome.outcome === "refunded" && outcome.fresh)
    await followChange(parts, [outcome.booking], outcome.booking.status);
  return outcome;
}
