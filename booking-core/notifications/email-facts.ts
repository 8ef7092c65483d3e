import type { BookingId, SectionId } from "../../foundation/ids.ts";
import { formatMoney } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { readLayout, type StoredLayout, seatLabel } from "../events/layout.ts";
import type { EmailFacts } from "./templates.ts";

type FactRow = {
  title: string;
  starts_at: Date;
  venue: string;
  total_minor: bigint;
  currency: string;
  sections: { id: SectionId; name: string; layout: StoredLayout }[];
  seats: { sectionId: SectionId; seatNumber: number | null }[];
};

export async function readFacts(sql: Sql, bookingId: BookingId): Promise<EmailFacts> {
  const found = await sql.query<FactRow>(
    `select e.title, e.starts_at, v.name || ', ' || v.city as venue, b.total_minor, b.currency,
            (select json_agg(json_build_object('id', s.id, 'name', s.name, 'layout', s.layout))
               from sections s where s.id in (select section_id from booking_seats where booking_id = b.id)) as sections,
            (select json_agg(json_build_object('sectionId', bs.section_id, 'seatNumber', bs.seat_number) order by bs.position)
               from booking_seats bs
              where bs.booking_id = b.id and not bs.given_back) as seats
       from bookings b
       join events e on e.id = b.event_id
       join venues v on v.id = e.venue_id
      where b.id = $1`,
    [bookingId],
  );
  const [row] = found.rows;
  if (row === undefined) throw new Error(`there is no booking ${bookingId}`);
  return toFacts(row, bookingId);
}

function toFacts(row: FactRow, bookingId: BookingId): EmailFacts {
  return {
    bookingId,
    event: row.title,
    venue: row.venue,
    startsAt: row.starts_at,
    total: formatMoney({ amountMinor: row.total_minor, currency: row.currency }),
    tickets: row.seats.map(({ sectionId, seatNumber }) => ({ place: placeOf(row, sectionId, seatNumber) })),
  };
}

function placeOf({ sections }: FactRow, sectionId: SectionId, seatNumber: number | null): string {
  const section = sections.find(({ id }) => id === sectionId);
  if (section === undefined) throw new Error(`there is no section ${sectionId}`);
  if (seatNumber === null) return section.name;
  const { row, seat } = seatLabel(readLayout(section.layout), seatNumber);
  return `${section.name}, row ${row}, seat ${seat}`;
}
