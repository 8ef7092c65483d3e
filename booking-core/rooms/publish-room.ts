import type { EventId } from "../../foundation/ids.ts";
import { type Pool, type Sql, transactionOn, withLock } from "../../foundation/postgres/pool.ts";
import { commitmentOf } from "./commitment.ts";
import { marksForStart } from "./marks-for-start.ts";
import type { RoomCode } from "./room-code.ts";
import type { RoomConfig } from "./room-config.ts";
import type { RoomMarks } from "./room-marks.ts";

/** The rooms in Redis. They belong to the waiting room, which this part does not know. */
export type RoomsToPublish = {
  isThere(eventId: EventId): Promise<boolean>;
  configure(eventId: EventId, settings: RoomConfig, before: PublishedBefore): Promise<unknown>;
};

export type PublishedBefore = {
  /** Of a room that Redis does not have, where it was there before. */
  readonly marks?: RoomMarks | undefined;
  readonly codes: readonly RoomCode[];
  /** Of the draw's secret. */
  readonly commitment: string;
  /** The room is not made anew where Redis lost it a moment ago: the answer is `room_missing` then. */
  readonly mustBeThere?: boolean;
};

/** Whatever an operator has set: the room of an event that does not take place is closed. Of `rooms r` and `events e`. */
export const settingsThatHold = `case e.status when 'cancelled' then r.settings || '{"closed": true}' else r.settings end as settings`;

export type PublishRoomParts = { readonly pool: Pool; readonly rooms: RoomsToPublish };

/**
 * Brings the room to Redis as Postgres has it. One at a time for each room: the last that publishes has read the
 * newest settings, and a room that Redis has lost is started once.
 */
export async function publishRoom({ pool, rooms }: PublishRoomParts, eventId: EventId): Promise<void> {
  await withLock(pool, `room ${eventId}`, async (connection) => {
    const room = await readRoom(connection, eventId);
    if (room === undefined) return;
    const { settings, commitment } = room;
    if (await rooms.isThere(eventId)) {
      const codes = await readCodes(connection, eventId, "lately");
      const before = { codes, commitment, mustBeThere: true };
      if ((await rooms.configure(eventId, settings, before)) !== "room_missing") return;
    }
    const codes = await readCodes(connection, eventId, "all");
    // Committed before the room is made: no number of it is given that is not covered.
    const marks = await transactionOn(connection, (sql) => marksForStart(sql, eventId));
    await rooms.configure(eventId, settings, { marks, codes, commitment });
  });
}

/**
 * Tells a room that Redis has that its event does not take place: whoever is in line hears that it is closed. One that
 * Redis does not have is not made: nobody gets in without a room.
 */
export async function closeRoom({ pool, rooms }: PublishRoomParts, eventId: EventId): Promise<void> {
  await withLock(pool, `room ${eventId}`, async (connection) => {
    const room = await readRoom(connection, eventId);
    if (room === undefined || !(await rooms.isThere(eventId))) return;
    const before = { codes: [], commitment: room.commitment, mustBeThere: true };
    await rooms.configure(eventId, room.settings, before);
  });
}

async function readRoom(
  sql: Sql,
  eventId: EventId,
): Promise<{ settings: RoomConfig; commitment: string } | undefined> {
  const found = await sql.query<{ settings: RoomConfig; draw_seed: string }>(
    `select ${settingsThatHold}, r.draw_seed from rooms r join events e on e.id = r.event_id where e.id = $1`,
    [eventId],
  );
  const [room] = found.rows;
  return room && { settings: room.settings, commitment: commitmentOf(room.draw_seed) };
}

/** A room that is there has the older codes: this runs again every few seconds, also for whom it failed. */
const latelySeconds = 60;

async function readCodes(sql: Sql, eventId: EventId, which: "lately" | "all"): Promise<RoomCode[]> {
  const seconds = which === "all" ? null : latelySeconds;
  const found = await sql.query<{ hash: string; lane: string; uses: number; ends_at: Date }>(
    `select hash, lane, uses, ends_at from room_codes
      where event_id = $1 and ends_at > now()
        and ($2::int is null or created_at > now() - make_interval(secs => $2::int))`,
    [eventId, seconds],
  );
  return found.rows.map(({ hash, lane, uses, ends_at }) => ({
    hash,
    lane,
    uses,
    endsAtMs: ends_at.getTime(),
  }));
}
