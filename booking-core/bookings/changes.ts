import { z } from "zod";
import type { BookingId, BuyerId, EventId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import type { ShardedChannels } from "../../foundation/redis/sharded-channels.ts";
import { type BookingChange, bookingStatuses } from "./booking.ts";

/** Tells the buyers' sockets, on whatever gateway they are. A change that nobody hears is lost; the booking is not. */
export type Changes = {
  /** Of one event, in one message. */
  publish(eventId: EventId, changes: readonly BookingChange[]): Promise<void>;
  watch(eventId: EventId, listener: (change: BookingChange) => void): Promise<() => Promise<void>>;
};

/** Shares the channel of the event's room, so that a gateway has one subscription an event. */
export function createChanges(redis: Redis, channels: ShardedChannels): Changes {
  return {
    publish: async (eventId, changes) => {
      await redis.spublish(roomKeys(eventId).news, JSON.stringify({ kind: "bookings", changes }));
    },
    watch: (eventId, listener) =>
      channels.listen(roomKeys(eventId).news, (message) => {
        const changes = schema.safeParse(JSON.parse(message)).data?.changes ?? [];
        for (const change of changes) listener(change);
      }),
  };
}

const schema = z.object({
  kind: z.literal("bookings"),
  changes: z.array(
    z.object({
      buyerId: z.custom<BuyerId>((value) => typeof value === "string"),
      bookingId: z.custom<BookingId>((value) => typeof value === "string"),
      status: z.enum(bookingStatuses),
    }),
  ),
});
