import type { BuyerId, EventId } from "../../foundation/ids.ts";
import type { Standing } from "../../queue-admission/room.ts";

/** What a request tells the buyer's open sockets of the same process, so that they need not ask. */
export type RoomSockets = {
  standingChanged(eventId: EventId, buyerId: BuyerId, standing: Standing): void;
  admitted(eventId: EventId, buyerId: BuyerId, passEndsAtMs: number): void;
};
