import { randomUUID } from "node:crypto";
import type { RefundId } from "../../foundation/ids.ts";
import type { Language } from "../../foundation/language.ts";
import { best, bookNow, bookRequest, newBuyer, openEvent } from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import type { PaymentTest } from "../payments/test-payments.ts";
import type { RefundReason } from "../refunds/refund.ts";
import type { Template } from "./email-facts.ts";
import { queueEmails } from "./queue-email.ts";

export type PaidOptions = { language?: Language; email?: string; title?: string; quantity?: number };

/** A paid booking with its tickets, written past the till: what matters here is what is said of it. */
export async function paidBooking(here: PaymentTest, options: PaidOptions = {}): Promise<Booking> {
  const { language = "en", title = "Night of the Tests", quantity = 2 } = options;
  const event = await openEvent(here.shop);
  const buyer = newBuyer();
  const { email = buyer.email } = options;
  const booking = await bookNow(
    here.shop,
    bookRequest(event, best(quantity), { buyer: { ...buyer, email } }),
  );
  const { pool } = here.shop;
  await pool.query("update events set title = $2 where id = $1", [event.id, title]);
  await pool.query("update bookings set status = 'paid' where id = $1", [booking.id]);
  await pool.query(
    `insert into payments (id, booking_id, buyer_id, provider, status, amount_minor, currency, received_minor,
                           received_currency, language)
     values ($1, $2, $3, 'sandbox', 'succeeded', $4, $5, $4, $5, $6)`,
    [randomUUID(), booking.id, booking.buyerId, booking.total.amountMinor, booking.total.currency, language],
  );
  await pool.query(
    `insert into tickets (id, booking_id, event_id, section_id, position, seat_number, status)
     select gen_random_uuid(), s.booking_id, $2, s.section_id, s.position, s.seat_number, 'valid'
       from booking_seats s where s.booking_id = $1`,
    [booking.id, event.id],
  );
  return booking;
}

type Given = { reason: RefundReason; positions: number[] | null; amountMinor: number; walletMinor: number };

export async function refundOf(here: PaymentTest, booking: Booking, given: Given): Promise<RefundId> {
  const id = randomUUID() as RefundId;
  const { reason, positions, amountMinor, walletMinor } = given;
  await here.shop.pool.query(
    `insert into refunds (id, payment_id, booking_id, reason, positions, amount_minor, wallet_minor, currency, status, key, done_at)
     select $1::uuid, p.id, p.booking_id, $3, $4, $5, $6, p.currency, 'done', $1::text, now() from payments p where p.booking_id = $2`,
    [id, booking.id, reason, positions, amountMinor, walletMinor],
  );
  await here.shop.pool.query(
    "update tickets set status = 'refunded', refunded_at = now() where booking_id = $1 and position = any($2)",
    [booking.id, positions ?? []],
  );
  return id;
}

/** Its row in the log. */
export async function queueOne(
  here: PaymentTest,
  booking: Booking,
  template: Template = "tickets",
  refundId?: RefundId,
): Promise<string> {
  const fact = refundId === undefined ? template : `refund ${refundId}`;
  const email = { bookingId: booking.id, template, fact, ...(refundId !== undefined && { refundId }) };
  await queueEmails(here.till, here.shop.pool, [email]);
  const found = await here.shop.pool.query<{ id: string }>(
    "select id from notifications where booking_id = $1 and fact = $2",
    [booking.id, fact],
  );
  return found.rows[0]?.id ?? "";
}

export type LogRow = {
  status: string;
  attempts: number;
  last_error: string | null;
  subject: string | null;
  content: string | null;
  html: string | null;
  sent_at: Date | null;
};

export async function logRow(here: PaymentTest, notificationId: string): Promise<LogRow | undefined> {
  const text = "select * from notifications where id = $1";
  return (await here.shop.pool.query<LogRow>(text, [notificationId])).rows[0];
}
