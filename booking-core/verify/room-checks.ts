import type { EventId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { RoomMarks } from "../rooms/room-marks.ts";
import { type Check, suspicion } from "./report.ts";

/** Rooms in Redis, as the waiting room describes them; nothing where Redis does not have one. */
export type RoomSights = {
  countShoppers(eventId: EventId): Promise<{ readonly cap: number; readonly shoppers: number } | undefined>;
  checkPlaces(eventId: EventId): Promise<PlacesSight | undefined>;
};

type PlacesSight = {
  readonly places: number;
  readonly lanes: readonly { readonly name: string; readonly last: number }[];
  readonly suspects: Suspects;
};

type RoomCheckParts = { readonly pool: Pool; readonly roomSights: RoomSights };
type Suspects = readonly (readonly [key: string, sentence: string])[];
type Looked = { readonly checked: number; readonly suspects: Suspects };

/** What the rooms promise. */
export function roomChecks(parts: RoomCheckParts): Check[] {
  return [
    {
      invariant: 4,
      promise: "no room has more shoppers than its cap",
      look: () => lookAtRooms(parts, overCap),
    },
    {
      invariant: 5,
      promise:
        "every place is one identity's, every identity has one, and no number is given that is not kept",
      look: () => lookAtRooms(parts, strayedPlaces),
    },
  ];
}

async function lookAtRooms(
  parts: RoomCheckParts,
  look: (parts: RoomCheckParts, eventId: EventId) => Promise<Looked | undefined>,
) {
  const rooms = await parts.pool.query<{ event_id: EventId }>(
    "select event_id from rooms join events on id = event_id where status = 'active'",
  );
  const all: Looked[] = [];
  for (const { event_id: eventId } of rooms.rows) {
    const looked = await look(parts, eventId);
    if (looked !== undefined) all.push(looked);
  }
  return suspicion(
    all.reduce((sum, { checked }) => sum + checked, 0),
    all.flatMap(({ suspects }) => suspects),
  );
}

async function overCap({ pool, roomSights }: RoomCheckParts, eventId: EventId): Promise<Looked | undefined> {
  const room = await roomSights.countShoppers(eventId);
  if (room === undefined) return undefined;
  const { shoppers } = room;
  const cap = shoppers > room.cap ? Math.max(room.cap, await capUntilLately(pool, eventId)) : room.cap;
  const sentence = `the room of event ${eventId} has ${shoppers} shoppers with a cap of ${cap}`;
  return { checked: shoppers, suspects: shoppers > cap ? [[eventId, sentence]] : [] };
}

/** A lower cap sends nobody out: as long as passes of before may live, the cap of before counts. */
async function capUntilLately(pool: Pool, eventId: EventId): Promise<number> {
  const found = await pool.query<{ cap: number | null }>(
    `select max((before->>'cap')::int) as cap from audit_log
      where event_id = $1 and action = 'room_changed'
        and at + make_interval(secs => ((before->>'turnWindowMs')::float8
                + (before->>'passMs')::float8 * ((before->>'renewals')::int + 1)) / 1000) > now()`,
    [eventId],
  );
  return found.rows[0]?.cap ?? 0;
}

/** Redis is read before Postgres, which knows of every number before it may be given. */
async function strayedPlaces(
  { pool, roomSights }: RoomCheckParts,
  eventId: EventId,
): Promise<Looked | undefined> {
  const room = await roomSights.checkPlaces(eventId);
  if (room === undefined) return undefined;
  const suspects = [...room.suspects, ...(await uncovered(pool, eventId, room))];
  return {
    checked: room.places,
    suspects: suspects.map(([key, sentence]) => [
      `${eventId} ${key}`,
      `the room of event ${eventId}: ${sentence}`,
    ]),
  };
}

async function uncovered(pool: Pool, eventId: EventId, { lanes }: PlacesSight): Promise<Suspects> {
  const found = await pool.query<{ marks: RoomMarks | null }>("select marks from rooms where event_id = $1", [
    eventId,
  ]);
  const kept = found.rows[0]?.marks?.lanes ?? [];
  return lanes
    .filter(({ last }, index) => last > (kept[index]?.reserved ?? 0))
    .map(({ name, last }) => [`uncovered ${name}`, `lane ${name} has given ${last}, which is not kept`]);
}
