import type { BookingChange } from "../../booking-core/bookings/booking.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { RoomNews } from "../../queue-admission/room.ts";
import type { Bounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";
import { inSlices, tellPosition, type Watermark } from "./positions.ts";
import { bookingMessage, type ServerMessage, turnMessage } from "./room-messages.ts";
import { type RoomSocket, remember, tell } from "./room-socket.ts";

/** The sockets of one event in this process, from the first that opens until the last has closed. */
export type EventSockets = {
  readonly eventId: EventId;
  readonly topic: string;
  readonly all: Set<RoomSocket>;
  readonly byIdentity: Map<string, Set<RoomSocket>>;
  readonly byBuyer: Map<string, Set<RoomSocket>>;
  /** Ends the subscriptions; rejects where they could not be had. */
  watching: Promise<() => Promise<void>>;
  watermark: Watermark | undefined;
  /** A round through the sockets is under way or planned; one at a time. */
  round: "none" | "planned" | "running";
  timer: NodeJS.Timeout | undefined;
  lastRoundMs: number;
};

export type EventSocketsDeps = {
  readonly services: Pick<GatewayServices, "roomNews" | "changes" | "clock">;
  readonly bounds: Bounds["socket"];
  /** Tells all sockets of the event by their uWebSockets.js topic. */
  readonly announce: (topic: string, message: ServerMessage) => void;
};

export function openEventSockets(deps: EventSocketsDeps, eventId: EventId): EventSockets {
  const event: EventSockets = {
    eventId,
    topic: `room ${eventId}`,
    all: new Set(),
    byIdentity: new Map(),
    byBuyer: new Map(),
    watching: Promise.resolve(async () => {}),
    watermark: undefined,
    round: "none",
    timer: undefined,
    lastRoundMs: 0,
  };
  event.watching = watch(deps, event);
  return event;
}

async function watch(deps: EventSocketsDeps, event: EventSockets): Promise<() => Promise<void>> {
  const { roomNews, changes } = deps.services;
  const endings = await Promise.allSettled([
    roomNews.watch(event.eventId, (news) => hearNews(deps, event, news)),
    changes.watch(event.eventId, (change) => hearChange(event, change)),
  ]);
  const end = async () => {
    await Promise.all(
      endings.map((ending) => (ending.status === "fulfilled" ? ending.value() : Promise.resolve())),
    );
  };
  const failed = endings.find((ending) => ending.status === "rejected");
  if (failed === undefined) return end;
  await end();
  throw failed.reason;
}

function hearChange(event: EventSockets, change: BookingChange): void {
  for (const socket of event.byBuyer.get(change.buyerId) ?? []) tell(socket, bookingMessage(change));
}

function hearNews(deps: EventSocketsDeps, event: EventSockets, news: RoomNews): void {
  if (news.kind === "tick") return hearTick(deps, event, news);
  const nowMs = deps.services.clock.now();
  for (const { identity, number, deadlineMs } of news.turns)
    for (const socket of event.byIdentity.get(identity) ?? []) {
      const data = socket.getUserData();
      // Its standing is being read just now and may be older than this news: it is read again.
      if (data.standing.where === "unknown") data.told += 1;
      // Another session of the same identity does not have this place.
      if (data.standing.where !== "waiting" || data.standing.number !== number) continue;
      remember(data, { outcome: "turn", number, deadlineMs }, nowMs);
      tell(socket, turnMessage(deadlineMs));
    }
}

/** A change of the room's state is for everybody at once; a mere step forward waits for the next round. */
function hearTick(deps: EventSocketsDeps, event: EventSockets, tick: Watermark): void {
  const changed = event.watermark !== undefined && event.watermark.state !== tick.state;
  const moved = event.watermark?.servedUpTo !== tick.servedUpTo;
  event.watermark = { state: tick.state, servedUpTo: tick.servedUpTo };
  if (changed) deps.announce(event.topic, { type: "room", state: tick.state });
  if (changed || moved) planRound(deps, event);
}

function planRound(deps: EventSocketsDeps, event: EventSockets): void {
  if (event.round !== "none") return;
  const waitMs = event.lastRoundMs + deps.bounds.positionEveryMs.near - deps.services.clock.now();
  event.round = "planned";
  event.timer = setTimeout(runRound, Math.max(0, waitMs), deps, event);
}

function runRound(deps: EventSocketsDeps, event: EventSockets): void {
  const { bounds, services } = deps;
  const nowMs = services.clock.now();
  let behind = false;
  event.round = "running";
  event.lastRoundMs = nowMs;
  const act = (socket: RoomSocket) => {
    const told = event.watermark === undefined || tellPosition(socket, event.watermark, nowMs, bounds);
    behind ||= !told;
  };
  inSlices(event.all, bounds.positionsAtOnce, act, () => {
    event.round = "none";
    if (behind && event.all.size > 0) planRound(deps, event);
  });
}
