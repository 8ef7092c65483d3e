import type { EventId } from "../foundation/ids.ts";
import type { TokenClaims } from "../foundation/tokens.ts";
import type { Lane } from "./lanes.ts";
import type { RoomSettings } from "./room-settings.ts";
import type { WaitSpeeds } from "./wait-range.ts";

export const roomStates = ["scheduled", "lobby", "open", "paused", "closed"] as const;
export type RoomState = (typeof roomStates)[number];

/** Who asks: at most one place per identity. `jkt` is the key of the device, where the session is bound to one. */
export type Visitor = { readonly identity: string; readonly jkt?: string | undefined };

/**
 * Where a visitor stands. `ahead` counts the numbers before it that may still be let in (see `aheadOf`). A place is
 * missing when it was never joined or was left, and when its pass is over: joining then gives a new number at the
 * end. A turn that is not taken up lapses: the place keeps its number, and is the next once its buyer says so.
 */
export type Standing =
  | { readonly outcome: "lobby"; readonly lane: string; readonly entry: number; readonly state: RoomState }
  | {
      readonly outcome: "waiting";
      readonly lane: string;
      readonly number: number;
      readonly ahead: number;
      readonly state: RoomState;
    }
  | { readonly outcome: "lapsed"; readonly lane: string; readonly number: number; readonly state: RoomState }
  | { readonly outcome: "turn"; readonly lane: string; readonly number: number; readonly deadlineMs: number }
  | {
      readonly outcome: "inside";
      readonly lane: string;
      readonly number: number;
      readonly passEndsAtMs: number;
    }
  | { readonly outcome: "place_missing" };

export type PlacedStanding = Exclude<Standing, { outcome: "place_missing" }>;

export type Joining = {
  /** Of a priority lane. */
  readonly code?: string | undefined;
  /** A proof of work that was checked: used once. */
  readonly proof?: { readonly proofId: string; readonly endsAtMs: number } | undefined;
  /** Comes back to the place that is there, and gets no new one. */
  readonly onlyIfThere?: true;
};

export type JoinOutcome =
  | {
      readonly outcome: "joined";
      readonly standing: PlacedStanding;
      readonly receipt: string;
      readonly fresh: boolean;
    }
  | { readonly outcome: "room_closed"; readonly state: RoomState }
  | {
      readonly outcome: "not_found" | "busy" | "code_wrong" | "code_spent" | "proof_spent" | "place_missing";
    };

export type Admission = {
  readonly pass: string;
  readonly passNumber: number;
  readonly endsAtMs: number;
  readonly renewalsLeft: number;
};

export type TurnOutcome =
  | ({ readonly outcome: "admitted" } & Admission)
  | { readonly outcome: "turn_missing" }
  | { readonly outcome: "place_missing" };

export type RenewOutcome =
  | ({ readonly outcome: "renewed" } & Admission)
  | { readonly outcome: "renewals_used" }
  | { readonly outcome: "pass_missing" };

export type RestoreOutcome =
  | { readonly outcome: "restored" | "known" }
  /** The visitor's own, but good for nothing: its place was left or used up, or it is bound to another key. */
  | { readonly outcome: "receipt_spent" | "other_device" }
  | { readonly outcome: "receipt_wrong" | "not_found" };

/** The claims of a pass, with the end of its token. */
export type EarlierPass = Pick<TokenClaims["pass"], "identity" | "passNumber" | "place"> & {
  readonly endsAtMs: number;
};

export type ReadmitOutcome = { readonly outcome: "readmitted" | "full" | "pass_over" | "not_found" };

/** What is left of a price. Held seats may come back. */
export type Stock = {
  readonly category: string;
  readonly priceMinor: string;
  readonly currency: string;
  readonly free: number;
  readonly held: number;
};

/** What the driver tells the gateways beside the watermarks. */
export type RoomPulse = {
  readonly ratePerMinute: number;
  readonly joinsPerSecond: number;
  /** Of each lane; nothing where nobody can tell. */
  readonly speeds: readonly (WaitSpeeds | null)[];
  readonly stock: readonly Stock[] | null;
  /** The bits of work that a join must prove; 0 is none. */
  readonly proofBits: number;
  readonly identities: RoomSettings["identities"];
  readonly deviceBinding: boolean;
  readonly absenceGraceMs: number;
  readonly lobbyAtMs: number;
  readonly opensAtMs: number;
};

/** How the room stands, as its driver last said. Nobody up to a lane's watermark waits any more, unless away. */
export type RoomTick = {
  readonly kind: "tick";
  readonly state: RoomState;
  readonly soldOut: boolean;
  readonly lanes: readonly Lane[];
  /** Places without turn or pass. */
  readonly waiting: number;
  /** Grows when Redis has lost something. */
  readonly incarnation: number;
  /** How many passes were ever revoked: who heard of fewer asks for the list. */
  readonly revocations: number;
  readonly drawing: boolean;
  readonly pulse: RoomPulse | null;
};

/**
 * What is published on the room's channel; every gateway turns it into messages of its sockets. Turns come before
 * the tick that counts them. A turn that is not taken up ends without news: whoever holds it knows the deadline.
 */
export type RoomNews =
  | RoomTick
  | {
      readonly kind: "turns";
      readonly turns: readonly {
        readonly identity: string;
        readonly lane: number;
        readonly number: number;
        readonly deadlineMs: number;
      }[];
    }
  | {
      readonly kind: "revoked";
      readonly identity: string;
      readonly pass: number;
      readonly revocations: number;
    }
  /** Everybody of the lobby has a number now. */
  | { readonly kind: "drawn" };

export type RoomsOfEvents = {
  /** Gives the identity its one place; joining again, or after a lapsed turn, finds it. */
  join(eventId: EventId, visitor: Visitor, joining?: Joining): Promise<JoinOutcome>;
  /** Where the visitor stands. To ask is to be here: who was stepped over while away is the next. */
  standing(eventId: EventId, visitor: Visitor): Promise<Standing>;
  /** The same; a place whose turn lapsed is the next again. */
  hereAgain(eventId: EventId, visitor: Visitor): Promise<Standing>;
  /** Exchanges a turn for a pass; asked again while inside, it gives the pass again. */
  takeTurn(eventId: EventId, visitor: Visitor & { buyerId: string }): Promise<TurnOutcome>;
  renewPass(eventId: EventId, visitor: Visitor & { buyerId: string }): Promise<RenewOutcome>;
  /**
   * Gives up the place, the turn or the pass; the slot goes to the next, the pass is worth nothing at once. With
   * `onlyPass`, only where this is the pass.
   */
  leave(eventId: EventId, visitor: Visitor, onlyPass?: number): Promise<"left" | "place_missing">;
  /** After Redis has forgotten: the place of the receipt is there again, with its number. */
  restore(eventId: EventId, visitor: Visitor, receipt: string): Promise<RestoreOutcome>;
  /** After Redis has forgotten: a verified pass of an earlier incarnation counts again, where a slot is free. */
  readmit(eventId: EventId, pass: EarlierPass): Promise<ReadmitOutcome>;
};
