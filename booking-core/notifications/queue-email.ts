import type { BookingId, IdSource } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { formatMoney } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { type Row, seatLabel } from "../events/event.ts";
import { type EmailFacts, renderEmail, type Template } from "./templates.ts";

/** `fact` is what the e-mail is about: queued again for the same fact, nothing more is sent. */
export type NewEmail = { readonly bookingId: BookingId; readonly template: Template; readonly fact: string };

/** Writes the e-mail to the log and queues it, in the caller's transaction. */
export async function queueEmail(
  parts: { jobs: Jobs; ids: IdSource },
  sql: Sql,
  { bookingId, template, fact }: NewEmail,
): Promise<void> {
  const { recipient, facts } = await readFacts(sql, bookingId);
  const { subject, content } = renderEmail(template, facts);
  const id = parts.ids.next<string>();
  const inserted = await sql.query(
    `insert into notifications (id, booking_id, channel, template, fact, recipient, status, subject, content)
     values ($1, $2, 'email', $3, $4, $5, 'queued', $6, $7) on conflict (booking_id, fact) do nothing`,
    [id, bookingId, template, fact, recipient, subject, content],
  );
  if (inserted.rowCount === 1) await parts.jobs.insert(sql, "send-email", [{ data: { notificationId: id } }]);
}

type FactRow = {
  buyer_email: string;
  title: string;
  starts_at: Date;
  venue: string;
  section: string;
  layout: Row[];
  total_minor: bigint;
  currency: string;
  seats: { seatNumber: number | null; code: string | null }[];
};

async function readFacts(sql: Sql, bookingId: BookingId): Promise<{ recipient: string; facts: EmailFacts }> {
  const found = await sql.query<FactRow>(
    `select b.buyer_email, e.title, e.starts_at, v.name || ', ' || v.city as venue, s.name as section, s.layout,
            b.total_minor, b.currency,
            (select json_agg(json_build_object('seatNumber', bs.seat_number, 'code', t.code) order by bs.position)
               from booking_seats bs left join tickets t on t.booking_id = bs.booking_id and t.position = bs.position
              where bs.booking_id = b.id) as seats
       from bookings b
       join events e on e.id = b.event_id
       join venues v on v.id = e.venue_id
       join sections s on s.id = b.section_id
      where b.id = $1`,
    [bookingId],
  );
  const [row] = found.rows;
  if (row === undefined) throw new Error(`there is no booking ${bookingId}`);
  return { recipient: row.buyer_email, facts: toFacts(row, bookingId) };
}

function toFacts(row: FactRow, bookingId: BookingId): EmailFacts {
  return {
    bookingId,
    event: row.title,
    venue: row.venue,
    startsAt: row.starts_at,
    total: formatMoney({ amountMinor: row.total_minor, currency: row.currency }),
    tickets: row.seats.map(({ seatNumber, code }) => ({ place: placeOf(row, seatNumber), code })),
  };
}

function placeOf({ section, layout }: FactRow, seatNumber: number | null): string {
  if (seatNumber === null) return section;
  const { row, seat } = seatLabel({ rows: layout }, seatNumber);
  return `${section}, row ${row}, seat ${seat}`;
}
