import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import type { SeatClass } from "./seat-bytes.ts";

/** What a booking wants of one section; where `least` is below the quantity, fewer are welcome. */
export type Wish =
  /** Of these segments, in order of preference. A standing section has one. */
  | {
      readonly mode: "best-available";
      readonly quantity: number;
      readonly least: number;
      readonly segments: readonly number[];
    }
  /** `allowsSingles` false refuses a choice that leaves a single free seat where another would not. */
  | {
      readonly mode: "manual";
      readonly seatNumbers: readonly number[];
      readonly least: number;
      readonly allowsSingles: boolean;
    }
  /** The first of these groups whose seats are all free, of whatever class. */
  | { readonly mode: "groups"; readonly groups: readonly (readonly number[])[] }
  /** Free seats of one class within these runs, together if possible. */
  | {
      readonly mode: "among";
      readonly quantity: number;
      readonly least: number;
      readonly class: SeatClass;
      readonly runs: readonly (readonly [first: number, count: number])[];
    };

export type Claim = {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  /** Decided before the claim, so that a retry finds its own hold. */
  readonly bookingId: BookingId;
  /** Of the request's content; a hold under the same booking id with another hash is refused. */
  readonly requestHash: string;
  readonly wish: Wish;
  readonly deadlineMs: number;
};

export type ClaimOutcome =
  /** `seatNumbers` is empty in a standing section. `fresh` is false where the hold was there already. */
  | {
      readonly outcome: "held";
      readonly seatNumbers: readonly number[];
      readonly quantity: number;
      readonly fresh: boolean;
      readonly deadlineMs: number;
      readonly epoch: number;
    }
  | { readonly outcome: "sold_out"; readonly free: number }
  | {
      readonly outcome: "seats_taken" | "seats_unknown" | "leaves_single";
      readonly seatNumbers: readonly number[];
    }
  | { readonly outcome: "idempotency_key_reused" }
  /** The section is not in Redis, or of a process that may have forgotten: it must be loaded from Postgres first. */
  | { readonly outcome: "section_missing" }
  /** Too many claims wait for this section. */
  | { readonly outcome: "busy" };

/** A live booking as Postgres knows it: what a section is (re)built from. */
export type LiveHold = {
  readonly bookingId: BookingId;
  readonly requestHash: string;
  readonly seatNumbers: readonly number[];
  readonly quantity: number;
  readonly deadlineMs: number;
  readonly state: "held" | "sold";
};
