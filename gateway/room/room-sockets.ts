import type { BuyerId, EventId } from "../../foundation/ids.ts";
import type { Standing } from "../../queue-admission/room.ts";
import type { Bounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";
import { type EventSockets, openEventSockets } from "./event-sockets.ts";
import { type ByeReason, insideMessage, type ServerMessage, standingMessage } from "./room-messages.ts";
import { type RoomSocket, remember, sayBye, tell } from "./room-socket.ts";

export type RoomSockets = {
  /** Whether the process, and this buyer at this event, may have one more. */
  hasSpace(eventId: EventId, buyerId: BuyerId): boolean;
  /** Takes an opened socket in and tells it where its buyer stands. */
  welcome(socket: RoomSocket): Promise<void>;
  /** Tells the socket anew; for a client that asks. */
  tellStanding(socket: RoomSocket): Promise<void>;
  forget(socket: RoomSocket): void;
  /** What a request changed, told to the buyer's sockets of this process, so that they need not ask. */
  standingChanged(eventId: EventId, buyerId: BuyerId, standing: Standing): void;
  admitted(eventId: EventId, buyerId: BuyerId, passEndsAtMs: number): void;
  sayByeToAll(reason: ByeReason): void;
};

export type RoomSocketsDeps = {
  readonly services: Pick<GatewayServices, "rooms" | "roomNews" | "changes" | "clock" | "logger">;
  readonly bounds: Bounds["socket"];
  readonly publish: (topic: string, message: string) => void;
};

export function createRoomSockets(deps: RoomSocketsDeps): RoomSockets {
  const events = new Map<EventId, EventSockets>();
  const { services, bounds } = deps;
  const announce = (topic: string, message: ServerMessage) => deps.publish(topic, JSON.stringify(message));
  const open = (eventId: EventId) => {
    const event = openEventSockets({ services, bounds, announce }, eventId);
    events.set(eventId, event);
    return event;
  };
  let connections = 0;
  return {
    hasSpace(eventId, buyerId) {
      const ofBuyer = events.get(eventId)?.byBuyer.get(buyerId)?.size ?? 0;
      return connections < bounds.connections && ofBuyer < bounds.connectionsPerBuyer;
    },
    async welcome(socket) {
      const { eventId } = socket.getUserData();
      const event = events.get(eventId) ?? open(eventId);
      connections += 1;
      enter(event, socket);
      await orSayBye(deps, socket, async () => {
        // News first, then the reading: nothing can happen unheard between the two.
        await event.watching;
        await tellStanding(deps, socket);
      });
    },
    tellStanding: (socket) => orSayBye(deps, socket, () => tellStanding(deps, socket)),
    forget(socket) {
      const event = events.get(socket.getUserData().eventId);
      if (event === undefined || !leave(event, socket)) return;
      connections -= 1;
      if (event.all.size > 0) return;
      events.delete(event.eventId);
      close(deps, event);
    },
    standingChanged(eventId, buyerId, standing) {
      for (const socket of events.get(eventId)?.byBuyer.get(buyerId) ?? []) {
        remember(socket.getUserData(), standing, services.clock.now());
        tell(socket, standingMessage(standing));
      }
    },
    admitted(eventId, buyerId, passEndsAtMs) {
      for (const socket of events.get(eventId)?.byBuyer.get(buyerId) ?? []) {
        rememberAdmission(socket);
        tell(socket, insideMessage(passEndsAtMs));
      }
    },
    sayByeToAll(reason) {
      for (const event of events.values()) for (const socket of event.all) sayBye(socket, reason);
    },
  };
}

function rememberAdmission(socket: RoomSocket): void {
  const data = socket.getUserData();
  data.told += 1;
  data.standing = { where: "inside" };
}

/** A reading during which the buyer was told something else is old, and is done again. */
async function tellStanding(deps: RoomSocketsDeps, socket: RoomSocket): Promise<void> {
  const data = socket.getUserData();
  const { rooms, clock } = deps.services;
  for (;;) {
    const { told } = data;
    const standing = await rooms.standing(data.eventId, data.buyer);
    if (!data.open) return;
    if (told !== data.told) continue;
    remember(data, standing, clock.now());
    return tell(socket, standingMessage(standing));
  }
}

async function orSayBye(deps: RoomSocketsDeps, socket: RoomSocket, act: () => Promise<void>): Promise<void> {
  const data = socket.getUserData();
  try {
    await act();
  } catch (failure) {
    deps.services.logger.warn(
      { err: failure, requestId: data.requestId },
      "a room's socket could not be served",
    );
    if (data.open) sayBye(socket, "unavailable");
  }
}

function enter(event: EventSockets, socket: RoomSocket): void {
  const { identity, buyerId } = socket.getUserData().buyer;
  event.all.add(socket);
  addTo(event.byIdentity, identity, socket);
  addTo(event.byBuyer, buyerId, socket);
  socket.subscribe(event.topic);
}

function leave(event: EventSockets, socket: RoomSocket): boolean {
  const { identity, buyerId } = socket.getUserData().buyer;
  removeFrom(event.byIdentity, identity, socket);
  removeFrom(event.byBuyer, buyerId, socket);
  return event.all.delete(socket);
}

function close(deps: RoomSocketsDeps, event: EventSockets): void {
  clearTimeout(event.timer);
  event.watching
    .then((end) => end())
    .catch((failure: unknown) => {
      deps.services.logger.warn({ err: failure, eventId: event.eventId }, "a room's news could not be ended");
    });
}

function addTo(sockets: Map<string, Set<RoomSocket>>, key: string, socket: RoomSocket): void {
  const known = sockets.get(key);
  if (known === undefined) sockets.set(key, new Set([socket]));
  else known.add(socket);
}

function removeFrom(sockets: Map<string, Set<RoomSocket>>, key: string, socket: RoomSocket): void {
  const known = sockets.get(key);
  known?.delete(socket);
  if (known?.size === 0) sockets.delete(key);
}
