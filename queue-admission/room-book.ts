import type { Clock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { roomKeys } from "../foundation/redis/keys.ts";
import { type HealthSnapshot, mergeHealth } from "./health-window.ts";
import { createJoinRate } from "./join-rate.ts";
import { createLaneProgress } from "./lane-progress.ts";
import { type Lane, parseLanes } from "./lanes.ts";
import { nextPace, type PaceState, startPace } from "./pace.ts";
import type { Stock } from "./room.ts";
import { createMinuteHistory } from "./room-history.ts";
import type { StepOrders, StepReply } from "./room-lease.ts";
import type { RoomMarks, RoomRecords } from "./room-records.ts";
import { type RoomSettings, roomSettingsSchema } from "./room-settings.ts";
import { parseRoomStats, type RoomStats } from "./room-stats.ts";
import { createWaitEstimate, type WaitEstimate } from "./wait-estimate.ts";

type BookParts = { readonly redis: Redis; readonly clock: Clock; readonly records: RoomRecords };
type Stepped = Extract<StepReply, readonly ["stepped", ...unknown[]]>;

/** What a driver knows of its room beside what the scripts keep, from taking the lease until it is lost. */
export type RoomBook = {
  settings(): RoomSettings;
  /** For the next step. */
  orders(): StepOrders;
  observe(reply: Stepped): void;
  /** Whether it is kept that the lobby was closed: only then may it be drawn. */
  mayDraw(): boolean;
  /** Reads what others decide, and writes what must not be forgotten. To be called after each step. */
  keep(): Promise<void>;
};

type Book = BookParts & {
  readonly eventId: EventId;
  readonly joins: ReturnType<typeof createJoinRate>;
  readonly history: ReturnType<typeof createMinuteHistory>;
  readonly estimates: WaitEstimate[];
  readonly progress: ReturnType<typeof createLaneProgress>[];
  settings: RoomSettings;
  pace: PaceState;
  stock: readonly Stock[] | undefined;
  lanes: readonly Lane[];
  reply: Stepped | undefined;
  /** Numbers that Postgres knows to be in use, lane by lane. */
  reserved: readonly number[];
  keptDrawState: RoomMarks["drawState"];
  keptAtMs: number;
};

const keepEveryMs = 1_000;

export async function createRoomBook(parts: BookParts, eventId: EventId): Promise<RoomBook> {
  const book = await openBook(parts, eventId);
  return {
    settings: () => book.settings,
    orders: () => ordersOf(book),
    observe: (reply) => observe(book, reply),
    mayDraw: () => book.keptDrawState === "drawing",
    keep: () => keep(book),
  };
}

async function openBook(parts: BookParts, eventId: EventId): Promise<Book> {
  const settings = await readSettings(parts.redis, eventId);
  const stats = parseRoomStats((await parts.redis.hget(roomKeys(eventId).settings, "stats")) ?? "");
  const { ratePerMinute } = settings;
  return {
    ...parts,
    eventId,
    joins: createJoinRate(),
    history: createMinuteHistory(),
    estimates: settings.lanes.map((_, index) => {
      const estimate = createWaitEstimate({ ratePerMinute });
      estimate.restore(stats?.estimates[index] ?? "");
      return estimate;
    }),
    progress: [],
    settings,
    pace: paceFrom(stats) ?? startPace(ratePerMinute, parts.clock.now()),
    // A driver takes over also while Postgres is away; `keep` asks again, and its failure is logged.
    stock: await parts.records.stock(eventId).catch(() => undefined),
    lanes: [],
    reply: undefined,
    reserved: [],
    keptDrawState: "",
    keptAtMs: 0,
  };
}

async function readSettings(redis: Redis, eventId: EventId): Promise<RoomSettings> {
  const config = await redis.hget(roomKeys(eventId).settings, "config");
  return roomSettingsSchema.parse(JSON.parse(config ?? "null"));
}

/** JSON has no infinity: a pace that was never cut. */
function paceFrom(stats: RoomStats | undefined): PaceState | undefined {
  if (stats === undefined) return undefined;
  return { ...stats.pace, cutAtMs: stats.pace.cutAtMs ?? Number.NEGATIVE_INFINITY };
}

/** What the gateways say of their booking paths. */
function snapshotsOf(reply: Stepped | undefined): HealthSnapshot[] {
  const texts = reply?.[10] ?? [];
  return texts.filter((text) => text !== "").map((text) => JSON.parse(text) as HealthSnapshot);
}

function ratePerMinute({ settings, pace }: Book): number {
  return settings.pace === "fixed" ? settings.ratePerMinute : pace.ratePerMinute;
}

function ordersOf(book: Book): StepOrders {
  const left = leftOf(book.stock);
  const orders = {
    ratePerMinute: ratePerMinute(book),
    about: JSON.stringify(pulseOf(book)),
    reserve: book.reserved,
  };
  return { ...orders, freeSeats: left?.free, soldOut: left !== undefined && left.free + left.held === 0 };
}

/** All prices together; nothing where nothing is known or nothing is sold. */
function leftOf(stock: Book["stock"]): { free: number; held: number } | undefined {
  if (stock === undefined || stock.length === 0) return undefined;
  const sum = (of: (price: Stock) => number) => stock.reduce((total, price) => total + of(price), 0);
  return { free: sum(({ free }) => free), held: sum(({ held }) => held) };
}

function pulseOf(book: Book) {
  const { identities, deviceBinding, absenceGraceMs, lobbyAtMs, opensAtMs } = book.settings;
  return {
    ratePerMinute: ratePerMinute(book),
    joinsPerSecond: book.joins.perSecond(),
    speeds: book.estimates.map((estimate) => estimate.speeds() ?? null),
    stock: book.stock ?? null,
    proofBits: proofBitsOf(book),
    identities,
    deviceBinding,
    absenceGraceMs,
    lobbyAtMs,
    opensAtMs,
  };
}

/** Under automatic proof of work, the more come at once, the more work each of them has. */
function proofBitsOf({ settings, joins, clock }: Book): number {
  const { proofBits, spikeJoinsPerSecond, spikeMs } = limits.room;
  if (settings.proofOfWork === "off") return 0;
  if (settings.proofOfWork === "on") return proofBits;
  const peak = joins.peakSince(clock.now() - spikeMs);
  return peak < spikeJoinsPerSecond ? 0 : proofBits + Math.floor(Math.log2(peak / spikeJoinsPerSecond));
}

function observe(book: Book, reply: Stepped): void {
  const [, state, waits, waiting, turns, inside, present, lanesText, , , , joined] = reply;
  const nowMs = book.clock.now();
  book.reply = reply;
  book.lanes = parseLanes(lanesText, book.settings.lanes.map(({ name }) => name).join(","));
  book.joins.observe(nowMs, joined);
  for (const [index, lane] of book.lanes.entries()) {
    const progressOf = (book.progress[index] ??= createLaneProgress());
    book.estimates[index]?.observe({ nowMs, ...progressOf(lane), state: state as "open" });
  }
  const rate = ratePerMinute(book);
  book.history.observe(nowMs, {
    waits,
    waiting,
    turns,
    inside,
    present,
    joined,
    ratePerMinute: rate,
  });
}

async function keep(book: Book): Promise<void> {
  const nowMs = book.clock.now();
  const wanted = wantedReserve(book);
  const runsShort = wanted.some((upTo, index) => upTo > (book.lanes[index]?.reserved ?? 0));
  const isDrawn = drawStateOf(book) !== book.keptDrawState;
  if (!runsShort && !isDrawn && nowMs - book.keptAtMs < keepEveryMs) return;
  book.keptAtMs = nowMs;
  if (book.lanes.length > 0) await keepMarks(book, wanted);
  await readWhatOthersDecide(book, nowMs);
  await writeStats(book, nowMs);
}

/** Extended before half of it is used, and by more when many come. */
function wantedReserve({ lanes, joins, clock }: Book): number[] {
  const ahead = Math.max(limits.room.reserveAhead, 30 * joins.peakSince(clock.now() - 10_000));
  return lanes.map(({ last, reserved }) =>
    reserved - last < ahead / 2 ? last + Math.ceil(ahead) : reserved,
  );
}

/** First where it outlives Redis, then in Redis: no number is ever given that is not covered. */
async function keepMarks(book: Book, wanted: readonly number[]): Promise<void> {
  const incarnation = book.reply?.[9] ?? 0;
  const lanes: RoomMarks["lanes"] = book.lanes.map(({ name, last, served, drawn }, index) => {
    return { name, last, served, drawn, reserved: wanted[index] ?? last };
  });
  const drawState = drawStateOf(book);
  await book.records.keepMarks(book.eventId, { incarnation, drawState, lanes });
  book.reserved = wanted;
  book.keptDrawState = drawState;
}

function drawStateOf({ reply }: Book): RoomMarks["drawState"] {
  return (reply?.[8] ?? "") as RoomMarks["drawState"];
}

async function readWhatOthersDecide(book: Book, nowMs: number): Promise<void> {
  book.settings = await readSettings(book.redis, book.eventId);
  book.stock = await book.records.stock(book.eventId);
  while (book.estimates.length < book.settings.lanes.length) {
    const { ratePerMinute } = book.settings;
    book.estimates.push(createWaitEstimate({ ratePerMinute }));
  }
  for (const estimate of book.estimates) estimate.setRate(book.settings.ratePerMinute);
  const { ratePerMinute: mostPerMinute, leastPerMinute } = book.settings;
  const aims = { ...limits.pace, leastPerMinute, mostPerMinute };
  book.pace = nextPace(book.pace, mergeHealth(snapshotsOf(book.reply)), aims, nowMs);
}

async function writeStats(book: Book, nowMs: number): Promise<void> {
  const { redis, eventId, reply } = book;
  if (reply === undefined) return;
  const keys = roomKeys(eventId);
  await redis.hset(keys.settings, "stats", JSON.stringify(statsOf(book, reply, nowMs)));
  const minutes = book.history.finished();
  if (minutes.length === 0) return;
  await redis.lpush(keys.history, ...minutes.map((minute) => JSON.stringify(minute)));
  await redis.ltrim(keys.history, 0, limits.room.historyMinutes - 1);
}

function statsOf(book: Book, reply: Stepped, nowMs: number): RoomStats {
  const [, state, , waiting, turns, inside, present] = reply;
  return {
    atMs: nowMs,
    state,
    waiting,
    present: Math.min(present, waiting + turns + inside),
    offered: turns,
    inside,
    ratePerMinute: ratePerMinute(book),
    joinsPerSecond: book.joins.perSecond(),
    ...book.history.waits(),
    accuracy: book.estimates.map((estimate) => estimate.accuracy()),
    estimates: book.estimates.map((estimate) => estimate.save()),
    pace: book.pace,
  };
}
