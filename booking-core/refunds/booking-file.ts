import type { BookingId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Booking } from "../bookings/booking.ts";
import { findBooking } from "../bookings/find-booking.ts";
import { paymentsOf } from "../payments/find-payment.ts";
import type { Payment } from "../payments/payment.ts";
import { refundsOf } from "./find-refund.ts";
import type { Refund } from "./refund.ts";

/** All that an operator needs to see before giving tickets of a buyer back. */
export type BookingFile = {
  readonly booking: Booking;
  readonly payments: readonly Payment[];
  readonly refunds: readonly Refund[];
};

export type BookingFiles = { find(bookingId: BookingId): Promise<BookingFile | undefined> };

export function createBookingFiles({ pool }: { readonly pool: Pool }): BookingFiles {
  return {
    async find(bookingId) {
      const booking = (await findBooking(pool, bookingId))?.booking;
      if (booking === undefined) return undefined;
      const [payments, refunds] = [await paymentsOf(pool, bookingId), await refundsOf(pool, bookingId)];
      return { booking, payments, refunds };
    },
  };
}
