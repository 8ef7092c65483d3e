import type { EventId } from "../../foundation/ids.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { mergeMarks, type RoomMarks } from "./room-marks.ts";

/** Keeps what a room's driver says; one that is late takes nothing back. */
export async function keepMarks(pool: Pool, eventId: EventId, told: RoomMarks): Promise<void> {
  await inTransaction(pool, async (sql) => {
    const found = await sql.query<{ marks: RoomMarks | null }>(
      "select marks from rooms where event_id = $1 for update",
      [eventId],
    );
    const [room] = found.rows;
    if (room === undefined) throw new Error(`there is no room of event ${eventId}`);
    const marks = JSON.stringify(mergeMarks(room.marks ?? undefined, told));
    await sql.query("update rooms set marks = $2 where event_id = $1", [eventId, marks]);
  });
}
