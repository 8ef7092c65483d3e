import type { Sql } from "../../foundation/postgres/pool.ts";
import type { Door, Scan, ScanAnswer } from "./scan.ts";

/**
 * The usual scan in one statement: the ticket is used and the scan is written, or neither. Of scans at the same
 * moment the first has the row, and the others then see that it is valid no more. The event is looked at too: a ticket
 * that was issued in the moment of a cancellation is valid for a while. Nothing where it is not so simple.
 */
export async function admitAtOnce(
  sql: Sql,
  { eventId, doorId, name }: Door,
  { id, claims, atMs }: Scan,
): Promise<ScanAnswer | undefined> {
  if (claims === undefined || claims.eventId !== eventId) return undefined;
  const { ticketId, issue } = claims;
  const at = new Date(atMs);
  const admitted = await sql
    .query(
      `with admitted as (
         update tickets set status = 'used', used_at = $4, used_door = $5
          where id = $1 and event_id = $2 and issue = $3 and status = 'valid'
            and exists (select from events where id = $2 and status <> 'cancelled')
            and not exists (select from check_ins where id = $6) returning id)
       insert into check_ins (id, event_id, door_id, ticket_id, result, scanned_at)
       select $6, $2, $7, id, 'admitted', $4 from admitted`,
      [ticketId, eventId, issue, at, name, id, doorId],
    )
    .catch(refuseDoubled);
  if (admitted?.rowCount !== 1) return undefined;
  return { result: "admitted", ticketId, used: { atMs, door: name } };
}

/** The scan was written in the same moment, so nothing of this statement is. */
function refuseDoubled(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "23505") return undefined;
  throw error;
}
