import type { BookingId, BuyerId, PaymentId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { findPayment, paymentsOf } from "./find-payment.ts";
import type { Payment } from "./payment.ts";

/** What a buyer may see of payments: nothing of what is not the buyer's. */
export type OwnPayments = {
  /** Of a booking or of the wallet. */
  find(buyerId: BuyerId, id: PaymentId): Promise<Payment | undefined>;
  /** All that were begun for a booking, the oldest first. */
  ofBooking(buyerId: BuyerId, bookingId: BookingId): Promise<readonly Payment[] | undefined>;
};

export function createOwnPayments({ pool }: { readonly pool: Pool }): OwnPayments {
  return {
    async find(buyerId, id) {
      const payment = await findPayment(pool, id);
      return payment?.buyerId === buyerId ? payment : undefined;
    },
    async ofBooking(buyerId, bookingId) {
      const own = await pool.query("select from bookings where id = $1 and buyer_id = $2", [
        bookingId,
        buyerId,
      ]);
      return own.rowCount === 1 ? paymentsOf(pool, bookingId) : undefined;
    },
  };
}
