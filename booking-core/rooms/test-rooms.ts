import { publishingOf } from "../../app/publishing.ts";
import { systemClock } from "../../foundation/clock.ts";
import { type EventId, identityFrom, uuidSource } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { openRoomsKey, roomKeys } from "../../foundation/redis/keys.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { createRoomControl } from "../../queue-admission/room-control.ts";
import { createRooms } from "../../queue-admission/rooms.ts";
import { insertEvent, openShop, type TestEventOptions } from "../../test/harness/shop.ts";
import { createRoomCodes } from "./room-codes.ts";
import { createRoomRecords } from "./room-records.ts";
import { createRoomStore } from "./room-store.ts";

export type RoomTest = Awaited<ReturnType<typeof openRoomTest>>;

export const operator = { id: uuidSource.next<string>(), email: "operator@onsale.example" } as const;

/** Rooms in Postgres and Redis, wired as in `app/`, without a driver. */
export async function openRoomTest() {
  const shop = await openShop();
  const clock = systemClock;
  const parts = { ...shop, clock, ids: uuidSource };
  const roomControl = createRoomControl({ redis: shop.redis, clock });
  const rooms = createRooms({
    redis: shop.redis,
    clock,
    tokens: createTokens("a secret of the tests, long enough to sign"),
  });
  const made: EventId[] = [];
  return {
    shop,
    rooms,
    roomControl,
    publishing: publishingOf({ ...shop, roomControl }),
    store: createRoomStore(parts),
    codes: createRoomCodes(parts),
    records: createRoomRecords(parts),
    /** An event with its room, which Redis does not know yet. */
    newRoom: async (options: TestEventOptions = {}): Promise<EventId> => {
      const eventId = await inTransaction(shop.pool, (sql) => insertEvent(sql, options));
      made.push(eventId);
      return eventId;
    },
    /** As after a loss of all that Redis had of the room. */
    forget: (eventId: EventId) => shop.redis.del(...Object.values(roomKeys(eventId))),
    join: (eventId: EventId, name: string, code?: string) =>
      rooms.join(eventId, { identity: identityFrom("test", name) }, { code }),
    restore: (eventId: EventId, name: string, receipt: string) =>
      rooms.restore(eventId, { identity: identityFrom("test", name) }, receipt),
    /** No driver of another test finds the rooms of this one. */
    close: async () => {
      if (made.length > 0) await shop.redis.srem(openRoomsKey, ...made);
      await shop.close();
    },
  };
}
