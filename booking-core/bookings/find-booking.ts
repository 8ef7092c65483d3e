import type { BookingId, BuyerId, EventId, OfferId, SectionId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookedSeat, Booking, BookingStatus } from "./booking.ts";

type BookingRow = {
  id: BookingId;
  event_id: EventId;
  section_id: SectionId;
  offer_id: OfferId;
  buyer_id: BuyerId;
  buyer_email: string;
  request_hash: string;
  status: BookingStatus;
  quantity: number;
  total_minor: bigint;
  currency: string;
  created_at: Date;
  deadline: Date;
  seats: BookedSeat[];
};

const statement = `
  select b.*,
         (select json_agg(json_build_object('position', s.position, 'seatNumber', s.seat_number, 'ticketId', t.id)
                          order by s.position)
            from booking_seats s left join tickets t on t.booking_id = s.booking_id and t.position = s.position
           where s.booking_id = b.id) as seats
    from bookings b
   where b.id = $1`;

export type FoundBooking = { readonly booking: Booking; readonly requestHash: string };

export async function findBooking(sql: Sql, bookingId: BookingId): Promise<FoundBooking | undefined> {
  const found = await sql.query<BookingRow>({ name: "find-booking", text: statement }, [bookingId]);
  const [row] = found.rows;
  return row === undefined ? undefined : { booking: toBooking(row), requestHash: row.request_hash };
}

function toBooking(row: BookingRow): Booking {
  return {
    id: row.id,
    eventId: row.event_id,
    sectionId: row.section_id,
    offerId: row.offer_id,
    buyerId: row.buyer_id,
    buyerEmail: row.buyer_email,
    status: row.status,
    quantity: row.quantity,
    total: { amountMinor: row.total_minor, currency: row.currency },
    createdAtMs: row.created_at.getTime(),
    deadlineMs: row.deadline.getTime(),
    seats: row.seats,
  };
}
