import type { EventId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import type { ShardedChannels } from "../../foundation/redis/sharded-channels.ts";
import type { BookingChange } from "./booking.ts";

/** Tells the buyers' sockets, on whatever gateway they are. A change that nobody hears is lost; the booking is not. */
export type Changes = {
  publish(eventId: EventId, change: BookingChange): Promise<void>;
  watch(eventId: EventId, listener: (change: BookingChange) => void): Promise<() => Promise<void>>;
};

export function createChanges(redis: Redis, channels: ShardedChannels): Changes {
  return {
    publish: async (eventId, change) => {
      await redis.spublish(roomKeys(eventId).bookings, JSON.stringify(change));
    },
    watch: (eventId, listener) =>
      channels.listen(roomKeys(eventId).bookings, (message) =>
        listener(JSON.parse(message) as BookingChange),
      ),
  };
}
