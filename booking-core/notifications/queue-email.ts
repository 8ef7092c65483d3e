import type { BookingId, IdSource, SectionId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { formatMoney } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { readLayout, type StoredLayout, seatLabel } from "../events/layout.ts";
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
  total_minor: bigint;
  currency: string;
  sections: { id: SectionId; name: string; layout: StoredLayout }[];
  seats: { sectionId: SectionId; seatNumber: number | null; code: string | null }[];
};

async function readFacts(sql: Sql, bookingId: BookingId): Promise<{ recipient: string; facts: EmailFacts }> {
  const found = await sql.query<FactRow>(
    `select b.buyer_email, e.title, e.starts_at, v.name || ', ' || v.city as venue, b.total_minor, b.currency,
            (select json_agg(json_build_object('id', s.id, 'name', s.name, 'layout', s.layout))
               from sections s where s.id in (select section_id from booking_seats where booking_id = b.id)) as sections,
            (select json_agg(json_build_object('sectionId', bs.section_id, 'seatNumber', bs.seat_number,
                                               'code', t.code) order by bs.position)
               from booking_seats bs left join tickets t on t.booking_id = bs.booking_id and t.position = bs.position
              where bs.booking_id = b.id and not bs.given_back) as seats
       from bookings b
       join events e on e.id = b.event_id
       join venues v on v.id = e.venue_id
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
    tickets: row.seats.map(({ sectionId, seatNumber, code }) => ({
      place: placeOf(row, sectionId, seatNumber),
      code,
    })),
  };
}

function placeOf({ sections }: FactRow, sectionId: SectionId, seatNumber: number | null): string {
  const section = sections.find(({ id }) => id === sectionId);
  if (section === undefined) throw new Error(`there is no section ${sectionId}`);
  if (seatNumber === null) return section.name;
  const { row, seat } = seatLabel(readLayout(section.layout), seatNumber);
  return `${section.name}, row ${row}, seat ${seat}`;
}
