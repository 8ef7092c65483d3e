import type { EventId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { RoomConfig } from "./room-config.ts";
import { marksAfterStart, type RoomMarks } from "./room-marks.ts";

/**
 * What a room begins with that Redis does not have: its marks, or nothing for a new one. The numbers that it may
 * give from then on are reserved once the transaction is committed.
 */
export async function marksForStart(sql: Sql, eventId: EventId): Promise<RoomMarks | undefined> {
  const found = await sql.query<{ marks: RoomMarks | null; settings: RoomConfig }>(
    "select marks, settings from rooms where event_id = $1 for update",
    [eventId],
  );
  const [room] = found.rows;
  if (room === undefined) throw new Error(`there is no room of event ${eventId}`);
  const known = room.marks ?? undefined;
  const marks = JSON.stringify(marksAfterStart(known, room.settings));
  await sql.query("update rooms set marks = $2 where event_id = $1", [eventId, marks]);
  return known;
}
