import { createHash } from "node:crypto";
import type { Clock } from "../../foundation/clock.ts";
import {
  type BookingId,
  type BuyerId,
  type EventId,
  type SectionId,
  uuidFromParts,
} from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import type { Logger } from "../../foundation/log.ts";
import { multiplyMoney } from "../../foundation/money.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { OnsaleEvent, Section } from "../events/event.ts";
import type { Claim, ClaimOutcome, Wish } from "../seats/claim.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import type { Booking } from "./booking.ts";
import { type CommitGroups, createCommitGroups, type NewBooking } from "./commit-groups.ts";
import { findBooking } from "./find-booking.ts";
import { loadSection } from "./load-section.ts";

export type BookRequest = {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly wish: Wish;
  readonly buyer: { readonly buyerId: BuyerId; readonly email: string };
  readonly idempotencyKey: string;
};

export type BookOutcome =
  /** `fresh` is false where an earlier request with the same key made the booking. */
  | { readonly outcome: "booked"; readonly booking: Booking; readonly fresh: boolean }
  | { readonly outcome: "sold_out"; readonly free: number }
  | { readonly outcome: "seats_taken" | "seats_unknown"; readonly seatNumbers: readonly number[] }
  | { readonly outcome: "too_many_seats"; readonly most: number }
  | { readonly outcome: "not_found" | "offer_closed" | "idempotency_key_reused" | "busy" | "unavailable" };

export type Bookings = {
  book(request: BookRequest): Promise<BookOutcome>;
  /** Only the buyer's own. */
  find(buyerId: BuyerId, bookingId: BookingId): Promise<Booking | undefined>;
  /** Resolves when every booking under way has its outcome. */
  drain(): Promise<void>;
};

export type BookingParts = {
  readonly pool: Pool;
  readonly jobs: Jobs;
  readonly seats: SeatEngine;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** What one request is about, once its event and section are known. */
type Attempt = {
  readonly request: BookRequest;
  readonly event: OnsaleEvent;
  readonly section: Section;
  readonly claim: Claim;
};

export function createBookings(parts: BookingParts): Bookings {
  const commits = createCommitGroups(parts);
  return {
    book: async (request) => {
      const event = await parts.catalogue.find(request.eventId);
      const section = event?.sections.find((candidate) => candidate.id === request.sectionId);
      if (event === undefined || section === undefined) return { outcome: "not_found" };
      const claim = claimFor(request, event, parts.clock.now());
      return (
        refusal(request, event, section, parts.clock.now()) ??
        claimAndCommit(parts, commits, { request, event, section, claim })
      );
    },
    find: async (buyerId, bookingId) => {
      const found = await findBooking(parts.pool, bookingId);
      return found?.booking.buyerId === buyerId ? found.booking : undefined;
    },
    drain: () => commits.drain(),
  };
}

function claimFor(request: BookRequest, event: OnsaleEvent, nowMs: number): Claim {
  const { eventId, sectionId, wish, buyer, idempotencyKey } = request;
  return {
    eventId,
    sectionId,
    wish,
    bookingId: uuidFromParts("booking", eventId, buyer.buyerId, idempotencyKey) as BookingId,
    requestHash: createHash("sha256")
      .update(JSON.stringify([sectionId, wish]))
      .digest("base64url"),
    deadlineMs: nowMs + event.paymentWindowMs,
  };
}

function refusal(
  { wish }: BookRequest,
  event: OnsaleEvent,
  section: Section,
  nowMs: number,
): BookOutcome | undefined {
  const { offer } = section;
  const isOpen = event.status === "active" && offer.salesFromMs <= nowMs && nowMs < offer.salesUntilMs;
  if (!isOpen) return { outcome: "offer_closed" };
  const quantity = wish.mode === "manual" ? wish.seatNumbers.length : wish.quantity;
  return quantity > offer.maxPerBooking
    ? { outcome: "too_many_seats", most: offer.maxPerBooking }
    : undefined;
}

async function claimAndCommit(
  parts: BookingParts,
  commits: CommitGroups,
  attempt: Attempt,
): Promise<BookOutcome> {
  const first = await claimLoaded(parts, attempt);
  if (first.outcome !== "held") return first;
  const committed = await commit(parts, commits, attempt, first);
  if (committed !== "refused") return committed;
  // Redis had forgotten what Postgres knows. After the repair a manual wish meets its taken seats, and a
  // best-available one gets others, unseen by the buyer.
  const second = await claimLoaded(parts, attempt, "repair first");
  if (second.outcome !== "held") return second;
  const again = await commit(parts, commits, attempt, second);
  if (again !== "refused") return again;
  await parts.seats.release(attempt.claim.eventId, attempt.claim.sectionId, [attempt.claim.bookingId]);
  return { outcome: "unavailable" };
}

type LoadedOutcome = Exclude<ClaimOutcome, { outcome: "section_missing" }> | { outcome: "unavailable" };

/** A section that Redis does not have is loaded from Postgres, once. */
async function claimLoaded(
  parts: BookingParts,
  { claim, section }: Attempt,
  repair?: "repair first",
): Promise<LoadedOutcome> {
  try {
    if (repair !== undefined) await loadSection(parts, section);
    const outcome = await parts.seats.claim(claim);
    if (outcome.outcome !== "section_missing") return outcome;
    await loadSection(parts, section);
    const again = await parts.seats.claim(claim);
    return again.outcome === "section_missing" ? { outcome: "unavailable" } : again;
  } catch (error) {
    // A claim whose answer was lost may have been made: the same key finds it, or the search for orphans does.
    parts.logger.error({ err: error, eventId: claim.eventId, bookingId: claim.bookingId }, "a claim failed");
    return { outcome: "unavailable" };
  }
}

type Held = Extract<ClaimOutcome, { outcome: "held" }>;

async function commit(
  parts: BookingParts,
  commits: CommitGroups,
  attempt: Attempt,
  held: Held,
): Promise<BookOutcome | "refused"> {
  const booking = newBooking(attempt, held, parts.clock.now());
  const outcome = await commits.commit(booking);
  switch (outcome) {
    case "committed":
      return { outcome: "booked", booking: toBooking(booking), fresh: true };
    case "exists":
      return existing(parts, booking, held);
    case "refused":
      return "refused";
    case "unknown":
      return { outcome: "unavailable" };
    case "busy":
    case "unavailable":
      if (held.fresh) await releaseHold(parts, booking);
      return { outcome };
  }
}

/** An earlier request with this key has its booking. A live one keeps its seats; an ended one holds none. */
async function existing(parts: BookingParts, booking: NewBooking, held: Held): Promise<BookOutcome> {
  const found = await findBooking(parts.pool, booking.id);
  if (found === undefined) throw new Error(`booking ${booking.id} was there and is gone`);
  const isLive = ["pending_payment", "paid", "partly_refunded"].includes(found.booking.status);
  if (held.fresh && !isLive) await releaseHold(parts, booking);
  if (found.requestHash !== booking.requestHash) return { outcome: "idempotency_key_reused" };
  return { outcome: "booked", booking: found.booking, fresh: false };
}

/** Where Redis is away too, the search for orphans frees the seats later. */
async function releaseHold(
  { seats, logger }: BookingParts,
  { eventId, sectionId, id }: NewBooking,
): Promise<void> {
  await seats.release(eventId, sectionId, [id]).catch((error: unknown) => {
    logger.warn({ err: error, eventId, bookingId: id }, "a hold could not be released now");
  });
}

function newBooking({ request, section, claim }: Attempt, held: Held, nowMs: number): NewBooking {
  return {
    id: claim.bookingId,
    eventId: claim.eventId,
    sectionId: claim.sectionId,
    offerId: section.offer.id,
    buyerId: request.buyer.buyerId,
    buyerEmail: request.buyer.email,
    requestHash: claim.requestHash,
    quantity: held.quantity,
    seatNumbers: held.seatNumbers,
    standing: section.kind === "standing",
    total: multiplyMoney(section.offer.price, held.quantity),
    createdAtMs: nowMs,
    deadlineMs: held.deadlineMs,
  };
}

function toBooking(booking: NewBooking): Booking {
  const { requestHash: _hash, standing: _standing, seatNumbers, ...shared } = booking;
  const seats = Array.from({ length: booking.quantity }, (_, position) => ({
    position,
    seatNumber: seatNumbers[position] ?? null,
    ticketId: null,
  }));
  return { ...shared, status: "pending_payment", seats };
}
