import type { BuyerId, EventId } from "../foundation/ids.ts";

export type RoomState = "scheduled" | "lobby" | "open" | "paused" | "closed";

export type RoomSettings = {
  readonly state: RoomState;
  /** Shoppers inside at once: live passes and offered turns together never exceed it. */
  readonly cap: number;
  readonly ratePerMinute: number;
  /** How long a turn waits to be taken up. */
  readonly turnWindowMs: number;
  readonly passMs: number;
};

/** Who asks: at most one place per identity; only the session (`buyerId`) that joined acts for it. */
export type Visitor = { readonly identity: string; readonly buyerId: BuyerId };

/**
 * Where a visitor stands. `position` is the people ahead, plus one, at most (see `positionOf`). A place is
 * missing when it was never joined or was left, and when its turn or its pass is over: joining then gives a
 * new number at the end.
 */
export type Standing =
  | {
      readonly outcome: "waiting";
      readonly number: number;
      readonly position: number;
      readonly state: RoomState;
    }
  | { readonly outcome: "turn"; readonly number: number; readonly deadlineMs: number }
  | { readonly outcome: "inside"; readonly number: number; readonly passEndsAtMs: number }
  | { readonly outcome: "place_missing" }
  | { readonly outcome: "place_elsewhere" };

export type JoinOutcome =
  | {
      readonly outcome: "joined";
      readonly standing: Standing;
      readonly receipt: string;
      readonly fresh: boolean;
    }
  | { readonly outcome: "place_elsewhere" }
  | { readonly outcome: "room_closed"; readonly state: RoomState | "missing" };

export type TurnOutcome =
  | { readonly outcome: "admitted"; readonly pass: string; readonly endsAtMs: number }
  | { readonly outcome: "turn_missing" }
  | { readonly outcome: "place_missing" }
  | { readonly outcome: "place_elsewhere" };

/**
 * What the driver publishes on the room's channel; every gateway turns it into messages of its sockets. Turns
 * come before the tick that counts them. A turn that is not taken up in its window ends without news: whoever
 * holds it knows the deadline.
 */
export type RoomNews =
  /** Nobody with a number up to `servedUpTo` waits any more: each had the turn, or left. */
  | {
      readonly kind: "tick";
      readonly state: RoomState;
      readonly servedUpTo: number;
      readonly waiting: number;
    }
  | {
      readonly kind: "turns";
      readonly turns: readonly {
        readonly identity: string;
        readonly number: number;
        readonly deadlineMs: number;
      }[];
    };

export type RoomsOfEvents = {
  /** Sets how the room runs; places, turns and passes stay. A lower cap lets nobody in until enough have left. */
  configure(eventId: EventId, settings: RoomSettings): Promise<void>;
  join(eventId: EventId, visitor: Visitor): Promise<JoinOutcome>;
  standing(eventId: EventId, visitor: Visitor): Promise<Standing>;
  /** Exchanges a turn for a pass; asked again while inside, it gives the pass again. */
  takeTurn(eventId: EventId, visitor: Visitor): Promise<TurnOutcome>;
  /** Gives up the place, the turn or the pass; the slot goes to the next. */
  leave(eventId: EventId, visitor: Visitor): Promise<void>;
};
