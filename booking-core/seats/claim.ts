import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import type { SeatClass } from "./seat-bytes.ts";
import type { SectionCounts } from "./section-counts.ts";

/** What a buyer wants of one section. A standing section takes `best-available` only. */
export type Wish =
  /**
   * Of these segments, by categories in order of preference: of the first category that has all, else of all of them.
   * Fewer than `quantity` are welcome down to `least`.
   */
  | {
      readonly mode: "best-available";
      readonly quantity: number;
      readonly least: number;
      readonly segments: readonly (readonly number[])[];
    }
  /**
   * These seats, ordinary ones, accessible ones, and companions': all of them, or those that are free where `least` is
   * less. Unless singles are allowed, what would leave a single ordinary seat free is refused where as many seats at an
   * end of the same free run would not.
   */
  | {
      readonly mode: "manual";
      readonly seatNumbers: readonly number[];
      readonly least: number;
      readonly allowsSingles: boolean;
    }
  /** The first of these groups whose seats are all free: ordinary ones, accessible ones, and companions'. */
  | { readonly mode: "groups"; readonly groups: readonly (readonly number[])[] }
  /** Free seats of this class in these runs of [first seat, count], side by side if possible. */
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
      /** Its time, which is later each time that the unpaid hold is given to a claim. */
      readonly heldAtMs: number;
    }
  /** `free` counts what was asked for: seats of the segments or of the class; of groups there is none. */
  | { readonly outcome: "sold_out"; readonly free: number }
  | { readonly outcome: "seats_taken"; readonly seatNumbers: readonly number[] }
  | { readonly outcome: "seats_unknown"; readonly seatNumbers: readonly number[] }
  /** The choice would leave these seats free alone. */
  | { readonly outcome: "leaves_single"; readonly seatNumbers: readonly number[] }
  | { readonly outcome: "idempotency_key_reused" }
  /**
   * The section is not in Redis, or a server has it that may have forgotten, or it contradicts itself: it must be loaded
   * from Postgres first.
   */
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

/** Each seat is a byte (seat-bytes.ts), in the order of their numbers; none in a standing section. */
export type SectionSnapshot = SectionCounts & {
  readonly version: number;
  readonly epoch: number;
  readonly seats: string;
};
