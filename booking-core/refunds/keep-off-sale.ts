import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { seatClasses } from "../seats/seat-bytes.ts";
import type { TicketedSeat } from "./paid-seats.ts";

/**
 * Blocks seats that are given back, where the event's policy does not sell them again. In the refund's transaction, so
 * that the job which frees their holds blocks them first. A place of a standing section is none that could be blocked.
 */
export async function keepOffSale(
  sql: Sql,
  eventId: EventId,
  seats: readonly Pick<TicketedSeat, "sectionId" | "seatNumber">[],
): Promise<void> {
  const numbers = numbersBySection(seats);
  if (numbers.size === 0 || (await seatsReturn(sql, eventId))) return;
  const inOrder = [...numbers].toSorted(([left], [right]) => (left < right ? -1 : 1));
  for (const [sectionId, seatNumbers] of inOrder) await block(sql, sectionId, seatNumbers);
}

function numbersBySection(
  seats: readonly Pick<TicketedSeat, "sectionId" | "seatNumber">[],
): ReadonlyMap<SectionId, readonly number[]> {
  const numbers = new Map<SectionId, number[]>();
  for (const { sectionId, seatNumber } of seats)
    if (seatNumber !== null) numbers.set(sectionId, [...(numbers.get(sectionId) ?? []), seatNumber]);
  return numbers;
}

async function seatsReturn(sql: Sql, eventId: EventId): Promise<boolean> {
  const kept = await sql.query(
    "select from events where id = $1 and refund_policy ->> 'seatsReturn' = 'false'",
    [eventId],
  );
  return kept.rowCount === 0;
}

async function block(sql: Sql, sectionId: SectionId, seatNumbers: readonly number[]): Promise<void> {
  await sql.query(
    `update sections set marks = (
       select jsonb_agg(mark order by (mark ->> 0)::int)
         from (select mark from jsonb_array_elements(marks) as old (mark) where (mark ->> 0)::int <> all ($2::int[])
               union all
               select jsonb_build_array(number, $3::int) from unnest($2::int[]) as number) as all_marks)
      where id = $1`,
    [sectionId, seatNumbers, seatClasses.blocked],
  );
}
