import type { BookingId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookingStatus } from "../bookings/booking.ts";
import type { PaidBooking } from "../bookings/transitions.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import { payBookings } from "./pay-bookings.ts";
import type { Payment } from "./payment.ts";

export type { PaidBooking };

export type PayBookingOutcome =
  | { readonly outcome: "paid"; readonly booking: PaidBooking }
  /** The booking has expired: its seats may still be had. */
  | { readonly outcome: "expired" }
  | { readonly outcome: "too_late" | "paid_twice" };

/** The money of one payment, which the caller has locked, buys what it is for; or nothing happens, and why. */
export async function payBooking(
  parts: RefundParts,
  sql: Sql,
  payment: Payment,
  providerPaymentId: string | null,
): Promise<PayBookingOutcome> {
  const { id, bookingId } = payment;
  const booking = (await payBookings(parts, sql, [{ payment, providerPaymentId }])).get(id);
  if (booking !== undefined) return { outcome: "paid", booking };
  return { outcome: whyNot(await statusOf(sql, bookingId as BookingId)) };
}

/** Of a booking that was not there to be paid. */
export function whyNot(status: BookingStatus): "expired" | "too_late" | "paid_twice" {
  if (status === "expired") return "expired";
  const wasPaid = status === "paid" || status === "partly_refunded" || status === "refunded";
  return wasPaid ? "paid_twice" : "too_late";
}

async function statusOf(sql: Sql, id: BookingId): Promise<BookingStatus> {
  const found = await sql.query<{ status: BookingStatus }>({
    name: "status-of-booking",
    text: "select status from bookings where id = $1",
    values: [id],
  });
  if (found.rows[0] === undefined) throw new Error(`there is no booking ${id}`);
  return found.rows[0].status;
}

/** What it is, until the transaction ends. */
export async function lockBooking(sql: Sql, id: BookingId): Promise<BookingStatus | undefined> {
  const text = "select status from bookings where id = $1 for no key update";
  const found = await sql.query<{ status: BookingStatus }>({ name: "lock-booking", text, values: [id] });
  return found.rows[0]?.status;
}
