import type { BookingId, BuyerId, EventId, SectionId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { BookingStatus } from "./booking.ts";

export type EndedBooking = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly buyerId: BuyerId;
};

/** pending_payment → paid. False where the booking is in any other state: then nothing has changed. */
export async function markPaid(sql: Sql, bookingId: BookingId): Promise<boolean> {
  const updated = await sql.query(
    "update bookings set status = 'paid' where id = $1 and status = 'pending_payment'",
    [bookingId],
  );
  return updated.rowCount === 1;
}

type End = Extract<BookingStatus, "expired" | "failed" | "cancelled">;

/**
 * pending_payment → an end; the seats are free for others from the commit on. Gives those that really ended
 * here. The caller holds the rows' locks; sections are locked in the order of their ids, as in a commit of
 * bookings, so that the two never wait for each other in a circle.
 */
export async function endBookings(
  sql: Sql,
  ids: readonly BookingId[],
  end: End,
  nowMs: number,
): Promise<EndedBooking[]> {
  const ended = await sql.query<EndedBooking & { quantity: number }>(
    `update bookings set status = $2, ended_at = $3
      where id = any($1::uuid[]) and status = 'pending_payment'
      returning id, event_id as "eventId", section_id as "sectionId", buyer_id as "buyerId", quantity`,
    [ids, end, new Date(nowMs)],
  );
  const endedIds = ended.rows.map((row) => row.id);
  if (endedIds.length === 0) return [];
  await sql.query("update booking_seats set live = false where booking_id = any($1::uuid[])", [endedIds]);
  await changeStandingStock(sql, ended.rows, -1);
  return ended.rows;
}

/** Adds (or takes back) what these bookings hold of standing sections; the table's check refuses too much. */
export async function changeStandingStock(
  sql: Sql,
  bookings: readonly { readonly sectionId: SectionId; readonly quantity: number }[],
  direction: 1 | -1,
): Promise<void> {
  const bySection = new Map<SectionId, number>();
  for (const { sectionId, quantity } of bookings)
    bySection.set(sectionId, (bySection.get(sectionId) ?? 0) + quantity);
  const standing = await sql.query<{ id: SectionId }>(
    "select id from sections where id = any($1::uuid[]) and kind = 'standing' order by id for no key update",
    [[...bySection.keys()]],
  );
  for (const { id } of standing.rows) {
    const change = direction * (bySection.get(id) ?? 0);
    await sql.query("update sections set standing_taken = standing_taken + $2 where id = $1", [id, change]);
  }
}
