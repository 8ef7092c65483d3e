import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";

/** What a buyer wants of one section. A standing section takes `best-available` only. */
export type Wish =
  | { readonly mode: "best-available"; readonly quantity: number }
  | { readonly mode: "manual"; readonly seatNumbers: readonly number[] };

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
    }
  | { readonly outcome: "sold_out"; readonly free: number }
  | { readonly outcome: "seats_taken"; readonly seatNumbers: readonly number[] }
  | { readonly outcome: "seats_unknown"; readonly seatNumbers: readonly number[] }
  | { readonly outcome: "idempotency_key_reused" }
  /** The section is not in Redis: it must be loaded from Postgres first. */
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

/** f free, h held, s sold, b blocked: one letter a seat, in the order of seat numbers, rows joined. */
export type SectionSnapshot = { readonly version: number; readonly free: number; readonly seats: string };
