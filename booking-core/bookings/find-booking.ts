import type { BookingId, BuyerId, EventId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookedSeat, Booking, BookingStatus } from "./booking.ts";

export type BookingRow = {
  id: BookingId;
  event_id: EventId;
  buyer_id: BuyerId;
  buyer_email: string;
  identity: string;
  request_hash: string;
  status: BookingStatus;
  quantity: number;
  total_minor: bigint;
  currency: string;
  created_at: Date;
  deadline: Date;
  extended: boolean;
  extension_key: string | null;
  seats: SeatOfRow[];
};

type SeatOfRow = Omit<BookedSeat, "price"> & { readonly priceMinor: string };

/**
 * Of bookings `b`, by their names: a prepared statement with all columns fails when a migration adds one. Seats that the
 * buyer gave back are not the booking's any more.
 */
export const bookingColumnsText = `
  b.id, b.event_id, b.buyer_id, b.buyer_email, b.identity, b.request_hash, b.status, b.quantity, b.total_minor, b.currency,
  b.created_at, b.deadline, b.extended, b.extension_key,
  (select coalesce(json_agg(json_build_object('position', s.position, 'sectionId', s.section_id, 'offerId', s.offer_id,
                          'seatNumber', s.seat_number, 'priceMinor', s.price_minor::text, 'ticketId', t.id,
                          'ticketStatus', t.status)
                        order by s.position), '[]')
          from booking_seats s left join tickets t on t.booking_id = s.booking_id and t.position = s.position
         where s.booking_id = b.id and not s.given_back) as seats`;

const statement = `select ${bookingColumnsText} from bookings b where b.id = $1`;

export type FoundBooking = {
  readonly booking: Booking;
  readonly requestHash: string;
  readonly extensionKey: string | null;
};

export async function findBooking(sql: Sql, bookingId: BookingId): Promise<FoundBooking | undefined> {
  const found = await sql.query<BookingRow>({ name: "find-booking", text: statement }, [bookingId]);
  const [row] = found.rows;
  if (row === undefined) return undefined;
  return { booking: toBooking(row), requestHash: row.request_hash, extensionKey: row.extension_key };
}

export function toBooking(row: BookingRow): Booking {
  return {
    id: row.id,
    eventId: row.event_id,
    buyerId: row.buyer_id,
    buyerEmail: row.buyer_email,
    identity: row.identity,
    status: row.status,
    quantity: row.quantity,
    total: { amountMinor: row.total_minor, currency: row.currency },
    createdAtMs: row.created_at.getTime(),
    deadlineMs: row.deadline.getTime(),
    extended: row.extended,
    seats: row.seats.map(({ priceMinor, ...seat }) => ({
      ...seat,
      price: { amountMinor: BigInt(priceMinor), currency: row.currency },
    })),
  };
}
