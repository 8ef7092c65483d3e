import type { EventId } from "../foundation/ids.ts";
import { limits } from "../foundation/limits.ts";
import { openRoomsKey } from "../foundation/redis/keys.ts";
import { createDrivenRoom, type DrivenRoom } from "./driven-room.ts";
import type { DriverParts } from "./driver-parts.ts";

export type RoomDriver = { start(): void; stop(): Promise<void> };

/**
 * Drives every room whose lease it gets. Any number of drivers run; each room has one of them at a time. Rooms
 * are stepped side by side and never wait for each other, nor for the list of rooms.
 */
export function createRoomDriver(parts: DriverParts): RoomDriver {
  const rooms = new Map<EventId, DrivenRoom>();
  const list = createRoomList(parts, rooms);
  let timer: NodeJS.Timeout | undefined;

  function round(): void {
    list.refresh();
    for (const room of rooms.values()) room.step();
  }

  return {
    start() {
      timer ??= setInterval(round, limits.room.stepMs);
      round();
    },
    async stop() {
      clearInterval(timer);
      await list.settled();
      await Promise.all([...rooms.values()].map((room) => room.handBack()));
    },
  };
}

type RoomList = { refresh(): void; settled(): Promise<void> };

/** Keeps `rooms` as the set in Redis says. While the set cannot be read, the known rooms are driven on. */
function createRoomList(parts: DriverParts, rooms: Map<EventId, DrivenRoom>): RoomList {
  let running: Promise<void> | undefined;
  return {
    refresh() {
      running ??= refreshRooms(parts, rooms)
        .catch((error: unknown) => parts.logger.error({ err: error }, "the list of rooms cannot be read"))
        .finally(() => {
          running = undefined;
        });
    },
    settled: async () => running,
  };
}

async function refreshRooms(parts: DriverParts, rooms: Map<EventId, DrivenRoom>): Promise<void> {
  const listed = new Set((await parts.redis.smembers(openRoomsKey)) as EventId[]);
  for (const eventId of listed) if (!rooms.has(eventId)) rooms.set(eventId, createDrivenRoom(parts, eventId));
  for (const eventId of rooms.keys()) if (!listed.has(eventId)) rooms.delete(eventId);
}
