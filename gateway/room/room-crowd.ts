import type { BookingChange } from "../../booking-core/bookings/booking.ts";
import type { EventId } from "../../foundation/ids.ts";
import { aheadOf } from "../../queue-admission/lanes.ts";
import type { RoomNews, RoomTick, Standing } from "../../queue-admission/room.ts";
import type { RoomWatch } from "../../queue-admission/room-watch.ts";
import type { Bounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";
import { inSlices } from "./in-slices.ts";
import { bookingMessage, tickMessage, turnMessage } from "./room-messages.ts";
import { createRounds, type Part, type Rounds, sliceOf } from "./rounds.ts";
import { type Band, sayBye, tell, tellText, type Waiter } from "./waiter.ts";

/** The connections to one room in this process, from the first that opens until the last has closed. */
export type RoomCrowd = {
  readonly eventId: EventId;
  readonly all: Set<Waiter>;
  /** Those without a WebSocket: what is published to a topic does not reach them. */
  readonly streams: Set<Waiter>;
  /** The first of each; the others hang on it. */
  readonly byIdentity: Map<string, Waiter>;
  readonly byBuyer: Map<string, Waiter>;
  watch: RoomWatch | undefined;
  /** Ends the subscriptions; rejects where they could not be had. */
  watching: Promise<() => Promise<void>>;
  readonly rounds: Rounds;
  /** Of the room, when it last ticked: it grows when Redis has lost something. */
  incarnation: number | undefined;
  /** What of the last tick is news to everybody once it changes. */
  toldState: string;
  /** Whether a round through the connections is under way. */
  sorting: boolean;
};

export type CrowdDeps = {
  readonly services: Pick<GatewayServices, "roomWatches" | "changes" | "clock" | "logger">;
  readonly bounds: Bounds["socket"];
  /** Tells all sockets of a topic at once. */
  readonly publish: (topic: string, text: string) => void;
  /** Reads the standing from Redis and tells it. */
  readonly lookUp: (waiter: Waiter) => Promise<void>;
};

export const topicOf = (eventId: EventId, { band, slice }: Part) => `${eventId} ${band} ${slice}`;

export function openCrowd(deps: CrowdDeps, eventId: EventId): RoomCrowd {
  const crowd: RoomCrowd = {
    eventId,
    all: new Set(),
    streams: new Set(),
    byIdentity: new Map(),
    byBuyer: new Map(),
    watch: undefined,
    watching: Promise.resolve(async () => {}),
    rounds: createRounds(deps.bounds),
    incarnation: undefined,
    toldState: "",
    sorting: false,
  };
  crowd.watching = watch(deps, crowd);
  return crowd;
}

async function watch(deps: CrowdDeps, crowd: RoomCrowd): Promise<() => Promise<void>> {
  const { roomWatches, changes } = deps.services;
  crowd.watch = await roomWatches.open(crowd.eventId);
  crowd.incarnation = crowd.watch.tick()?.incarnation;
  const endNews = crowd.watch.listen((news) => hearNews(deps, crowd, news));
  try {
    const endChanges = await changes.watch(crowd.eventId, (change) => hearChange(crowd, change));
    return async () => {
      endNews();
      await endChanges();
    };
  } catch (error) {
    endNews();
    throw error;
  }
}

export function* ofIdentity(crowd: RoomCrowd, identity: string): Generator<Waiter> {
  for (let waiter = crowd.byIdentity.get(identity); waiter !== undefined; waiter = waiter.nextOfIdentity)
    yield waiter;
}

export function* ofBuyer(crowd: RoomCrowd, buyerId: string): Generator<Waiter> {
  for (let waiter = crowd.byBuyer.get(buyerId); waiter !== undefined; waiter = waiter.nextOfBuyer)
    yield waiter;
}

function hearChange(crowd: RoomCrowd, change: BookingChange): void {
  for (const waiter of ofBuyer(crowd, change.buyerId)) tell(waiter, bookingMessage(change));
}

function hearNews(deps: CrowdDeps, crowd: RoomCrowd, news: RoomNews): void {
  switch (news.kind) {
    case "tick":
      return hearTick(deps, crowd, news);
    case "turns":
      return hearTurns(crowd, news.turns);
    case "revoked":
      for (const waiter of ofIdentity(crowd, news.identity)) {
        place(crowd, waiter, { outcome: "place_missing" });
        tell(waiter, { type: "pass_ended" });
      }
      return;
    case "drawn":
      // Whose standing is being read just now may be told what was before: it is read again.
      for (const waiter of crowd.all) if (waiter.where === "unknown") waiter.told += 1;
      return void lookUpAll(deps, crowd, (waiter) => waiter.where === "lobby");
  }
}

function hearTurns(crowd: RoomCrowd, turns: Extract<RoomNews, { kind: "turns" }>["turns"]): void {
  for (const { identity, lane, number, deadlineMs } of turns)
    for (const waiter of ofIdentity(crowd, identity)) {
      // Its standing is being read just now and may be older than this news: it is read again.
      if (waiter.where === "unknown") waiter.told += 1;
      if (waiter.where !== "waiting" || waiter.number !== number || waiter.lane !== lane) continue;
      const laneName = crowd.watch?.tick()?.lanes[lane]?.name ?? "";
      place(crowd, waiter, { outcome: "turn", lane: laneName, number, deadlineMs });
      tell(waiter, turnMessage(deadlineMs));
    }
}

/** A change of the room's state is for everybody at once; how it goes on is told by distance. */
function hearTick(deps: CrowdDeps, crowd: RoomCrowd, tick: RoomTick): void {
  const nowMs = deps.services.clock.now();
  const hasForgotten = crowd.incarnation !== undefined && crowd.incarnation !== tick.incarnation;
  crowd.incarnation = tick.incarnation;
  // Whose place is gone hears it, and brings the receipt.
  if (hasForgotten)
    void lookUpAll(deps, crowd, ({ where }) => where !== "inside" && where !== "place_missing");
  const due = crowd.rounds.due(nowMs, changed(crowd, tick));
  if (due.length === 0) return;
  const text = JSON.stringify(tickMessage(tick));
  for (const part of due) deps.publish(topicOf(crowd.eventId, part), text);
  const isDue = ({ band, slice }: Part) => due.some((part) => part.band === band && part.slice === slice);
  for (const waiter of crowd.streams) if (isDue(waiter)) tellStream(deps, waiter, text);
  sortAll(deps, crowd, nowMs);
}

function changed(crowd: RoomCrowd, tick: RoomTick): boolean {
  const { state, soldOut, drawing, incarnation, pulse } = tick;
  const isAllTaken = pulse?.stock?.every(({ free }) => free === 0) ?? false;
  const told = `${state} ${soldOut} ${drawing} ${incarnation} ${isAllTaken}`;
  const before = crowd.toldState;
  crowd.toldState = told;
  return before !== told;
}

function tellStream(deps: CrowdDeps, waiter: Waiter, text: string): void {
  if (waiter.count > deps.bounds.streamBacklog) sayBye(waiter, "too_slow");
  else tellText(waiter, text);
}

/**
 * Once a round of ticks: who came near hears more often from now on, and whom the watermark has passed without a
 * turn is looked up: stepped over while away, or told by news that was lost.
 */
function sortAll(deps: CrowdDeps, crowd: RoomCrowd, nowMs: number): void {
  if (crowd.sorting) return;
  crowd.sorting = true;
  const look = (waiter: Waiter) => {
    const lane = crowd.watch?.tick()?.lanes[waiter.lane];
    if (waiter.where === "waiting" && lane !== undefined && waiter.number > lane.served)
      return moveTo(waiter, bandOf(aheadOf(waiter.number, lane), deps.bounds));
    if (!isOutOfDate(crowd, waiter, nowMs) || nowMs - waiter.lookedUpAtMs < deps.bounds.lookUpEveryMs) return;
    waiter.lookedUpAtMs = nowMs;
    void deps.lookUp(waiter);
  };
  inSlices(crowd.all, deps.bounds.waitersAtOnce, look, () => {
    crowd.sorting = false;
  });
}

/** Whether what this connection was told cannot be so any more. */
function isOutOfDate(crowd: RoomCrowd, { where, untilMs }: Waiter, nowMs: number): boolean {
  if (where === "turn" || where === "inside") return untilMs <= nowMs;
  const state = crowd.watch?.tick()?.state;
  return where === "waiting" || (where === "lobby" && (state === "open" || state === "paused"));
}

/** A part of them after the other: more questions at once than may wait would be refused. */
async function lookUpAll(
  deps: CrowdDeps,
  crowd: RoomCrowd,
  which: (waiter: Waiter) => boolean,
): Promise<void> {
  const wanted = [...crowd.all].filter(which);
  for (let from = 0; from < wanted.length; from += deps.bounds.waitersAtOnce)
    await Promise.all(wanted.slice(from, from + deps.bounds.waitersAtOnce).map(deps.lookUp));
}

export function bandOf(ahead: number, { nearAhead, middleAhead }: Bounds["socket"]): Band {
  if (ahead < nearAhead) return "near";
  return ahead < middleAhead ? "middle" : "far";
}

export function moveTo(waiter: Waiter, band: Band): void {
  const slice = sliceOf(band, waiter.number);
  if ((waiter.band === band && waiter.slice === slice) || !waiter.open) return;
  waiter.socket?.unsubscribe(topicOf(waiter.eventId, waiter));
  waiter.band = band;
  waiter.slice = slice;
  waiter.socket?.subscribe(topicOf(waiter.eventId, waiter));
}

/** Notes where the buyer stands; who waits counts as here for the room's driver. */
export function place(crowd: RoomCrowd, waiter: Waiter, standing: Standing): void {
  const presence = crowd.watch?.presence;
  waiter.told += 1;
  if (waiter.where === "waiting") presence?.exit(waiter.lane, waiter.number, 0);
  waiter.where = standing.outcome;
  waiter.untilMs = endOf(standing);
  waiter.lane = -1;
  if (standing.outcome !== "waiting") return;
  waiter.lane = crowd.watch?.tick()?.lanes.findIndex(({ name }) => name === standing.lane) ?? 0;
  if (waiter.lane < 0) waiter.lane = 0;
  waiter.number = standing.number;
  presence?.enter(waiter.lane, waiter.number);
}

function endOf(standing: Standing): number {
  if (standing.outcome === "turn") return standing.deadlineMs;
  return standing.outcome === "inside" ? standing.passEndsAtMs : 0;
}
