import type { PublishParts } from "../booking-core/events/publish.ts";
import type { SeatEngine } from "../booking-core/seats/seat-engine.ts";
import type { Pool } from "../foundation/postgres/pool.ts";
import type { RoomControl } from "../queue-admission/room-control.ts";
import { defaultRoom, roomSettingsSchema } from "../queue-admission/room-settings.ts";

/** What brings events to Redis: booking-core knows what is stored of a room, the waiting room what it means. */
export function publishingOf(parts: {
  pool: Pool;
  seats: SeatEngine;
  roomControl: RoomControl;
}): PublishParts {
  const { pool, seats, roomControl } = parts;
  return {
    pool,
    seats,
    rooms: {
      isThere: roomControl.isThere,
      // A room from before a setting existed has its default.
      configure: (eventId, settings, before) =>
        roomControl.configure(eventId, roomSettingsSchema.parse({ ...defaultRoom, ...settings }), before),
    },
  };
}
