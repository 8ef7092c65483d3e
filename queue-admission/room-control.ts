import type { Clock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { openRoomsKey, roomKeys } from "../foundation/redis/keys.ts";
import { roomConfigure } from "../lua/generated.ts";
import type { RoomMinute } from "./room-history.ts";
import type { RoomMarks } from "./room-records.ts";
import { type RoomSettings, roomSettingsSchema, settingsFields } from "./room-settings.ts";
import { parseRoomStats, type RoomStats } from "./room-stats.ts";

/** A code of a lane as Postgres keeps it: only its hash is known. */
export type RoomCode = {
  readonly hash: string;
  readonly lane: string;
  readonly uses: number;
  readonly endsAtMs: number;
};

export type RoomBefore = {
  readonly marks?: RoomMarks | undefined;
  readonly codes?: readonly RoomCode[];
  /** Of the draw's seed. */
  readonly commitment?: string | undefined;
  /** A room that Redis has lost meanwhile is not made: what is known from before was not read. */
  readonly mustBeThere?: boolean;
};

export type RoomOverview = {
  readonly stats: RoomStats | undefined;
  readonly minutes: readonly RoomMinute[];
};

export type Configured = "configured" | "made" | "room_missing";

/** What operators and the worker do with rooms. */
export type RoomControl = {
  isThere(eventId: EventId): Promise<boolean>;
  /**
   * Sets how the room runs from the next step on; places, turns and passes stay. A lower cap lets nobody in until
   * enough have left. A room that Redis does not have is made, behind the marks where it was there before.
   */
  configure(eventId: EventId, settings: RoomSettings, before?: RoomBefore): Promise<Configured>;
  overview(eventId: EventId): Promise<RoomOverview>;
  /** Of every room that is driven, what its driver last said. */
  allStats(): Promise<ReadonlyMap<EventId, RoomStats>>;
};

export function createRoomControl({ redis, clock }: { redis: Redis; clock: Clock }): RoomControl {
  return {
    isThere: async (eventId) => (await redis.hexists(roomKeys(eventId).settings, "incarnation")) === 1,
    async configure(eventId, given, before = {}) {
      const settings = roomSettingsSchema.parse(given);
      const outcome = await roomConfigure(redis, roomKeys(eventId), {
        room: JSON.stringify({ ...settingsFields(settings), ...commitmentOf(before) }),
        ...marksOf(before.marks),
        reserved: limits.room.reserveAhead,
        newCodes: JSON.stringify(codesOf(before.codes ?? [])),
        mustBeThere: Number(before.mustBeThere ?? false),
        nowMs: clock.now(),
      });
      if (outcome === "room_missing") return outcome;
      if (!settings.closed) await reopen(redis, eventId);
      return outcome;
    },
    overview: (eventId) => readOverview(redis, eventId),
    allStats: () => readAllStats(redis),
  };
}

/** From now on the room has a driver; a room that was closed is not forgotten any more. */
async function reopen(redis: Redis, eventId: EventId): Promise<void> {
  const { news: _, lease: __, ...kept } = roomKeys(eventId);
  await Promise.all(Object.values(kept).map((key) => redis.persist(key)));
  await redis.sadd(openRoomsKey, eventId);
}

/** A draw whose numbers Redis has forgotten is written again from what was kept of it. */
function marksOf(marks: RoomMarks | undefined) {
  const wasDrawn = marks?.lanes.some(({ drawn }) => drawn > 0);
  return {
    marks: JSON.stringify(marks?.lanes ?? []),
    incarnation: marks?.incarnation ?? 0,
    drawState: marks === undefined || marks.drawState === "" ? "" : wasDrawn ? "drawing" : "done",
  };
}

function commitmentOf({ commitment }: RoomBefore): { commitment?: string } {
  return commitment === undefined ? {} : { commitment };
}

function codesOf(codes: readonly RoomCode[]): [string, string][] {
  return codes.map(({ hash, lane, uses, endsAtMs }) => [hash, `${lane}|${uses}|${endsAtMs}`]);
}

async function readOverview(redis: Redis, eventId: EventId): Promise<RoomOverview> {
  const keys = roomKeys(eventId);
  const stats = parseRoomStats((await redis.hget(keys.settings, "stats")) ?? "");
  const minutes = await redis.lrange(keys.history, 0, limits.room.historyMinutes - 1);
  return { stats, minutes: minutes.map((text) => JSON.parse(text) as RoomMinute) };
}

async function readAllStats(redis: Redis): Promise<ReadonlyMap<EventId, RoomStats>> {
  const rooms = (await redis.smembers(openRoomsKey)) as EventId[];
  const read = await Promise.all(
    rooms.map(async (eventId) => {
      return [
        eventId,
        parseRoomStats((await redis.hget(roomKeys(eventId).settings, "stats")) ?? ""),
      ] as const;
    }),
  );
  return new Map(read.filter((entry): entry is [EventId, RoomStats] => entry[1] !== undefined));
}
