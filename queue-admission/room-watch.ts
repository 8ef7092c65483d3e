import type { Clock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import type { Logger } from "../foundation/log.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import type { ShardedChannels } from "../foundation/redis/sharded-channels.ts";
import { createHealthWindow, type HealthWindow } from "./health-window.ts";
import { createPresence, type Presence } from "./presence.ts";
import type { RoomNews, RoomPulse, RoomTick } from "./room.ts";
import { parseRoomNews } from "./room-news.ts";
import { defaultRoom, type RoomSettings, roomSettingsSchema } from "./room-settings.ts";

/** What a gateway knows of one room without asking: the last tick, who is here, which passes are worth nothing. */
export type RoomWatch = {
  readonly eventId: EventId;
  tick(): RoomTick | undefined;
  /** Hears the room's news from now on; the function that comes back ends it. */
  listen(listener: (news: RoomNews) => void): () => void;
  readonly presence: Pick<Presence, "enter" | "exit" | "seen">;
  /** Until when somebody counts as here who is seen now. */
  graceUntilMs(): number;
  readonly bookings: Pick<HealthWindow, "record">;
  isRevoked(passNumber: number): boolean;
  rules(): RoomRules;
};

/** What a join must bring. */
export type RoomRules = Pick<RoomPulse, "identities" | "deviceBinding" | "proofBits" | "absenceGraceMs">;

export type RoomWatches = {
  /** The same watch for all who ask; it goes on until nobody has used it for a while. Rejects where Redis is away. */
  open(eventId: EventId): Promise<RoomWatch>;
  /** What `open` would give, where it need not be waited for. */
  opened(eventId: EventId): RoomWatch | undefined;
  /** The watch, where it is open already or will be; asking does not keep it. */
  known(eventId: EventId): RoomWatch | undefined;
  stop(): Promise<void>;
};

export type WatchParts = {
  readonly redis: Redis;
  readonly channels: ShardedChannels;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names this process in its reports. */
  readonly gatewayId: string;
};

type Watching = {
  readonly eventId: EventId;
  readonly presence: Presence;
  readonly bookings: HealthWindow;
  readonly listeners: Set<(news: RoomNews) => void>;
  readonly revoked: Set<number>;
  tick: RoomTick | undefined;
  settings: RoomSettings;
  revocations: number;
  /** Whose revocations were read. */
  incarnation: number | undefined;
  usedAtMs: number;
  opened: Promise<() => Promise<void>>;
  isOpen: boolean;
  readonly watch: RoomWatch;
};

/** Of revocations, after one was missed; differs from every count, also from the next one. */
const unknown = -2;

const { reportMs, presenceWindow, presenceBelow, watchIdleMs } = limits.room;

export function createRoomWatches(parts: WatchParts): RoomWatches {
  const rooms = new Map<EventId, Watching>();
  const timer = setInterval(() => void report(parts, rooms), reportMs).unref();
  return {
    async open(eventId) {
      const room = rooms.get(eventId) ?? begin(parts, rooms, eventId);
      room.usedAtMs = parts.clock.now();
      await room.opened;
      return room.watch;
    },
    opened(eventId) {
      const room = rooms.get(eventId);
      if (room?.isOpen !== true) return undefined;
      room.usedAtMs = parts.clock.now();
      return room.watch;
    },
    known: (eventId) => rooms.get(eventId)?.watch,
    async stop() {
      clearInterval(timer);
      await Promise.allSettled([...rooms.values()].map(async ({ opened }) => (await opened)()));
      rooms.clear();
    },
  };
}

function begin(parts: WatchParts, rooms: Map<EventId, Watching>, eventId: EventId): Watching {
  const presence = createPresence({ window: presenceWindow, below: presenceBelow });
  const bookings = createHealthWindow(parts.clock);
  const room: Watching = {
    eventId,
    presence,
    bookings,
    listeners: new Set(),
    revoked: new Set(),
    tick: undefined,
    settings: defaultRoom,
    revocations: 0,
    incarnation: undefined,
    usedAtMs: 0,
    opened: Promise.resolve(async () => {}),
    isOpen: false,
    watch: {
      eventId,
      tick: () => room.tick,
      listen(listener) {
        room.listeners.add(listener);
        return () => room.listeners.delete(listener);
      },
      presence,
      graceUntilMs: () => parts.clock.now() + rulesOf(room).absenceGraceMs,
      bookings,
      isRevoked: (passNumber) => room.revoked.has(passNumber),
      rules: () => rulesOf(room),
    },
  };
  rooms.set(eventId, room);
  room.opened = start(parts, room);
  room.opened.then(
    () => {
      room.isOpen = true;
    },
    () => rooms.delete(eventId),
  );
  return room;
}

/** The driver's word; until it was heard, the settings as they were read. */
function rulesOf({ tick, settings }: Watching): RoomRules {
  const { proofOfWork, identities, deviceBinding, absenceGraceMs } = settings;
  const proofBits = proofOfWork === "on" ? limits.room.proofBits : 0;
  return tick?.pulse ?? { identities, deviceBinding, absenceGraceMs, proofBits };
}

/** News first, then the reading: nothing can happen unheard between the two. */
async function start(parts: WatchParts, room: Watching): Promise<() => Promise<void>> {
  const end = await parts.channels.listen(roomKeys(room.eventId).news, (message) => {
    const news = parseRoomNews(message);
    if (news !== undefined) hear(parts, room, news);
  });
  try {
    await readRoom(parts, room);
    return end;
  } catch (error) {
    await end();
    throw error;
  }
}

async function readRoom({ redis, clock }: WatchParts, room: Watching): Promise<void> {
  const keys = roomKeys(room.eventId);
  const [tick, config] = await redis.hmget(keys.settings, "tick", "config");
  if (room.tick === undefined && typeof tick === "string") {
    const news = parseRoomNews(tick);
    if (news?.kind === "tick") room.tick = news;
  }
  if (typeof config === "string") room.settings = roomSettingsSchema.parse(JSON.parse(config));
  await readRevoked({ redis, clock }, room);
}

/** What ended meanwhile is forgotten; not what is heard during the reading, nor what only Redis has forgotten. */
async function readRevoked(
  { redis, clock }: Pick<WatchParts, "redis" | "clock">,
  room: Watching,
): Promise<void> {
  const before = room.incarnation === room.tick?.incarnation ? [...room.revoked] : [];
  room.incarnation = room.tick?.incarnation;
  const numbers = await redis.zrangebyscore(roomKeys(room.eventId).revoked, clock.now(), "+inf");
  for (const number of before) room.revoked.delete(number);
  for (const number of numbers) room.revoked.add(Number(number));
}

function hear(parts: WatchParts, room: Watching, news: RoomNews): void {
  if (news.kind === "revoked") {
    room.revoked.add(news.pass);
    room.revocations = news.revocations === room.revocations + 1 ? news.revocations : unknown;
  }
  if (news.kind === "tick") hearTick(parts, room, news);
  for (const listener of room.listeners) listener(news);
}

/** Who missed a revocation, or does not know what Redis has forgotten, reads it all again. */
function hearTick(parts: WatchParts, room: Watching, tick: RoomTick): void {
  const missed = tick.revocations !== room.revocations;
  room.tick = tick;
  room.revocations = tick.revocations;
  if (!missed) return;
  readRoom(parts, room).catch((error: unknown) => {
    room.revocations = unknown;
    parts.logger.warn({ err: error, eventId: room.eventId }, "the revoked passes could not be read");
  });
}

/** Tells the driver who is here and how the bookings go; a room that nobody uses any more is watched no more. */
async function report(parts: WatchParts, rooms: Map<EventId, Watching>): Promise<void> {
  const nowMs = parts.clock.now();
  for (const room of rooms.values()) {
    if (room.presence.size() > 0 || room.listeners.size > 0) room.usedAtMs = nowMs;
    if (nowMs - room.usedAtMs > watchIdleMs) {
      rooms.delete(room.eventId);
      void room.opened.then((end) => end()).catch(() => undefined);
      continue;
    }
    if (room.tick !== undefined) await sendReport(parts, room, nowMs).catch(logged(parts, room));
  }
}

function logged({ logger }: WatchParts, { eventId }: Watching) {
  return (error: unknown) => logger.warn({ err: error, eventId }, "the report of who is here is lost");
}

async function sendReport({ redis, gatewayId }: WatchParts, room: Watching, nowMs: number): Promise<void> {
  const keys = roomKeys(room.eventId);
  const { absenceGraceMs } = rulesOf(room);
  const served = room.tick?.lanes.map((lane) => lane.served) ?? [];
  const lanes = room.presence.describe(served, nowMs);
  const text = `${nowMs + absenceGraceMs}\n${room.presence.size()}\n${lanes}\n${JSON.stringify(room.bookings.snapshot())}`;
  await redis.hset(keys.reports, gatewayId, text);
  await redis.pexpire(keys.reports, absenceGraceMs);
}
