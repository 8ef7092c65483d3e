import type { BuyerId, EventId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Booking } from "../bookings/booking.ts";
import type { RefundPolicy } from "../events/event.ts";
import { allBack, type RefundTerms } from "./decide-refund.ts";
import type { RefundRefusal, RefundRule } from "./refund-tickets.ts";

/** Buyers give their own tickets back, unused ones, as the policy of the event allows it. */
export function buyersRule(sql: Sql, buyerId: BuyerId, nowMs: number): RefundRule {
  return async ({ booking, seats }) => {
    if (booking.buyerId !== buyerId) return { outcome: "not_found" };
    if (!isPaid(booking)) return { outcome: "booking_not_refundable" };
    const terms = await termsAt(sql, booking.eventId, nowMs);
    if (terms === undefined) return { outcome: "refund_not_allowed" };
    return seats.some(({ isUsed }) => isUsed) ? { outcome: "ticket_used" } : terms;
  };
}

/** Organisers give back what they want, when they want. */
export const organisersRule: RefundRule = ({ booking }): RefundTerms | RefundRefusal =>
  isPaid(booking) ? allBack : { outcome: "booking_not_refundable" };

function isPaid({ status }: Booking): boolean {
  return status === "paid" || status === "partly_refunded";
}

async function termsAt(sql: Sql, eventId: EventId, nowMs: number): Promise<RefundTerms | undefined> {
  const found = await sql.query<{ policy: RefundPolicy | null; starts_at: Date }>(
    "select refund_policy as policy, starts_at from events where id = $1",
    [eventId],
  );
  const [event] = found.rows;
  if (
    event === undefined ||
    event.policy === null ||
    nowMs > event.starts_at.getTime() - event.policy.untilMs
  )
    return undefined;
  const { shareBasisPoints, feesToo } = event.policy;
  return { shareBasisPoints, feesToo };
}
