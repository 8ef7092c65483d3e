import type { BuyerId, EventId } from "../../foundation/ids.ts";
import { knownStanding } from "../../queue-admission/known-standing.ts";
import type { Standing } from "../../queue-admission/room.ts";
import type { Bounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";
import { bandOf, moveTo, ofBuyer, openCrowd, place, type RoomCrowd, topicOf } from "./room-crowd.ts";
import { type ByeReason, helloMessage, insideMessage, standingMessage } from "./room-messages.ts";
import { sliceOf } from "./rounds.ts";
import { sayBye, tell, type Waiter } from "./waiter.ts";

export type RoomConnections = {
  /** Whether the process, and this buyer at this event, may have one more. */
  hasSpace(eventId: EventId, buyerId: string): boolean;
  /** Takes an opened connection in and tells it where its buyer stands. */
  welcome(waiter: Waiter): Promise<void>;
  /** Tells the standing anew; for a client that asks. */
  tellStanding(waiter: Waiter): Promise<void>;
  /** Somebody is there after a turn that was not taken up: the place is the next. */
  hereAgain(waiter: Waiter): Promise<void>;
  forget(waiter: Waiter): void;
  /** What a request changed, told to the buyer's connections of this process, so that they need not ask. */
  standingChanged(eventId: EventId, buyerId: BuyerId, standing: Standing): void;
  admitted(eventId: EventId, buyerId: BuyerId, passEndsAtMs: number): void;
  sayByeToAll(reason: ByeReason): void;
  readonly count: () => number;
};

export type ConnectionsDeps = {
  readonly services: Pick<GatewayServices, "rooms" | "roomWatches" | "changes" | "clock" | "logger">;
  readonly bounds: Bounds["socket"];
  readonly publish: (topic: string, text: string) => void;
};

type Connections = ConnectionsDeps & {
  readonly crowds: Map<EventId, RoomCrowd>;
  count: number;
};

export function createRoomConnections(deps: ConnectionsDeps): RoomConnections {
  const all: Connections = { ...deps, crowds: new Map(), count: 0 };
  const { crowds, bounds } = all;
  return {
    hasSpace(eventId, buyerId) {
      const crowd = crowds.get(eventId);
      const ofThis = crowd === undefined ? 0 : [...ofBuyer(crowd, buyerId)].length;
      return all.count < bounds.connections && ofThis < bounds.connectionsPerBuyer;
    },
    welcome: (waiter) => welcome(all, waiter),
    tellStanding: (waiter) => orSayBye(all, waiter, () => tellStanding(all, waiter)),
    hereAgain: (waiter) => orSayBye(all, waiter, () => hereAgain(all, waiter)),
    forget: (waiter) => forget(all, waiter),
    standingChanged(eventId, buyerId, standing) {
      const crowd = crowds.get(eventId);
      if (crowd === undefined) return;
      for (const waiter of ofBuyer(crowd, buyerId)) tellNew(crowd, waiter, standing, bounds);
    },
    admitted(eventId, buyerId, passEndsAtMs) {
      const crowd = crowds.get(eventId);
      if (crowd === undefined) return;
      for (const waiter of ofBuyer(crowd, buyerId)) {
        place(crowd, waiter, { outcome: "inside", lane: "", number: waiter.number, passEndsAtMs });
        tell(waiter, insideMessage(passEndsAtMs));
      }
    },
    sayByeToAll(reason) {
      for (const crowd of crowds.values()) for (const waiter of crowd.all) sayBye(waiter, reason);
    },
    count: () => all.count,
  };
}

async function welcome(all: Connections, waiter: Waiter): Promise<void> {
  const crowd = all.crowds.get(waiter.eventId) ?? open(all, waiter.eventId);
  all.count += 1;
  enter(crowd, waiter, all.bounds);
  await orSayBye(all, waiter, async () => {
    // News first, then the reading: nothing can happen unheard between the two.
    await crowd.watching;
    const tick = crowd.watch?.tick();
    tell(waiter, helloMessage(tick));
    const known = waiter.receipt && knownStanding(waiter.receipt, tick);
    waiter.receipt = undefined;
    if (known === undefined) await tellStanding(all, waiter);
    else tellNew(crowd, waiter, known, all.bounds);
  });
}

function open(all: Connections, eventId: EventId): RoomCrowd {
  const lookUp = (waiter: Waiter) => orSayBye(all, waiter, () => tellStanding(all, waiter));
  const crowd = openCrowd({ ...all, lookUp }, eventId);
  all.crowds.set(eventId, crowd);
  return crowd;
}

/** Said first, then read: what is read may be under way already. */
async function hereAgain(all: Connections, waiter: Waiter): Promise<void> {
  await all.services.rooms.hereAgain(waiter.eventId, waiter);
  await tellStanding(all, waiter);
}

/**
 * One reading at a time: who asks meanwhile is answered by one more. A reading during which the buyer was told
 * something else is old, and is done again.
 */
async function tellStanding(all: Connections, waiter: Waiter): Promise<void> {
  if (waiter.reading !== "no") {
    waiter.reading = "again";
    return;
  }
  try {
    do {
      waiter.reading = "once";
      await tellOnce(all, waiter);
    } while ((waiter.reading as Waiter["reading"]) === "again" && waiter.open);
  } finally {
    waiter.reading = "no";
  }
}

async function tellOnce(all: Connections, waiter: Waiter): Promise<void> {
  const { rooms } = all.services;
  for (;;) {
    const { told } = waiter;
    const standing = await rooms.standing(waiter.eventId, waiter);
    const crowd = all.crowds.get(waiter.eventId);
    if (!waiter.open || crowd === undefined) return;
    if (told === waiter.told) return tellNew(crowd, waiter, standing, all.bounds);
  }
}

function tellNew(crowd: RoomCrowd, waiter: Waiter, standing: Standing, bounds: Bounds["socket"]): void {
  if (!waiter.open) return;
  place(crowd, waiter, standing);
  if (standing.outcome === "waiting") moveTo(waiter, bandOf(standing.ahead, bounds));
  tell(waiter, standingMessage(standing, crowd.watch?.tick()));
}

async function orSayBye(all: Connections, waiter: Waiter, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (failure) {
    const { eventId } = waiter;
    all.services.logger.warn({ err: failure, eventId }, "a connection to the room could not be served");
    sayBye(waiter, "unavailable");
  }
}

function enter(crowd: RoomCrowd, waiter: Waiter, bounds: Bounds["socket"]): void {
  crowd.all.add(waiter);
  if (waiter.stream !== undefined) crowd.streams.add(waiter);
  waiter.nextOfIdentity = crowd.byIdentity.get(waiter.identity);
  crowd.byIdentity.set(waiter.identity, waiter);
  waiter.nextOfBuyer = crowd.byBuyer.get(waiter.buyerId);
  crowd.byBuyer.set(waiter.buyerId, waiter);
  // At once to where it will stay: to move would cost as much again.
  const known = waiter.receipt && knownStanding(waiter.receipt, crowd.watch?.tick());
  if (known?.outcome === "waiting") {
    waiter.band = bandOf(known.ahead, bounds);
    waiter.slice = sliceOf(waiter.band, known.number);
  }
  waiter.socket?.subscribe(topicOf(waiter.eventId, waiter));
}

function forget(all: Connections, waiter: Waiter): void {
  const crowd = all.crowds.get(waiter.eventId);
  if (crowd === undefined || !crowd.all.delete(waiter)) return;
  all.count -= 1;
  crowd.streams.delete(waiter);
  unhang(crowd.byIdentity, waiter.identity, waiter, "nextOfIdentity");
  unhang(crowd.byBuyer, waiter.buyerId, waiter, "nextOfBuyer");
  if (waiter.where === "waiting" && crowd.watch !== undefined)
    crowd.watch.presence.exit(waiter.lane, waiter.number, crowd.watch.graceUntilMs());
  if (crowd.all.size > 0) return;
  all.crowds.delete(crowd.eventId);
  crowd.watching
    .then((end) => end())
    .catch((failure: unknown) => {
      all.services.logger.warn({ err: failure, eventId: crowd.eventId }, "a room's news could not be ended");
    });
}

function unhang(
  waiters: Map<string, Waiter>,
  key: string,
  gone: Waiter,
  next: "nextOfIdentity" | "nextOfBuyer",
): void {
  const first = waiters.get(key);
  if (first === gone) {
    if (gone[next] === undefined) waiters.delete(key);
    else waiters.set(key, gone[next]);
    return;
  }
  for (let waiter = first; waiter !== undefined; waiter = waiter[next])
    if (waiter[next] === gone) waiter[next] = gone[next];
}
