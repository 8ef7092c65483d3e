import { multiplyMoney } from "../../foundation/money.ts";
import type { ClaimOutcome } from "../seats/claim.ts";
import type { BookParts, Intent } from "./book-parts.ts";
import type { BookOutcome } from "./book-request.ts";
import { type Booking, isLive } from "./booking.ts";
import type { CommitOutcome } from "./commit-groups.ts";
import { findBooking } from "./find-booking.ts";
import { loadSection } from "./load-section.ts";
import type { NewBooking } from "./new-booking.ts";

type Held = Extract<ClaimOutcome, { outcome: "held" }>;

/** `owned`: this request made the hold, so nobody else counts on it and it may be released. */
type Attempt = { readonly held: Held; readonly owned: boolean; readonly isSecond: boolean };

/** Claims the seats in Redis and writes the booking to Postgres; `booked` only when that is durable. */
export async function takeSeats(parts: BookParts, intent: Intent): Promise<BookOutcome> {
  const claimed = await claim(parts, intent);
  if (claimed.outcome !== "held") return refusalOf(claimed);
  return commit(parts, intent, { held: claimed, owned: claimed.fresh, isSecond: false });
}

async function commit(parts: BookParts, intent: Intent, attempt: Attempt): Promise<BookOutcome> {
  const { requestHash, ...booking } = draft(parts, intent, attempt.held);
  const committed = await parts.groups.add({ ...booking, requestHash });
  switch (committed.outcome) {
    case "inserted":
      return { outcome: "booked", booking, fresh: true };
    case "exists":
      return settleWithEarlier(parts, intent, attempt);
    case "taken":
      return attempt.isSecond ? giveUp(parts, intent, attempt) : repair(parts, intent, attempt);
    case "unknown":
      // The hold stays: it may belong to a booking. If not, it is found as an orphan.
      return { outcome: "unavailable" };
    default:
      return undo(parts, intent, attempt, committed);
  }
}

/** A section that Redis does not know is loaded first. */
async function claim(parts: BookParts, { event, section, request, identity }: Intent): Promise<ClaimOutcome> {
  const deadlineMs = parts.clock.now() + event.paymentWindowMs;
  const wanted = { eventId: event.id, sectionId: section.id, wish: request.wish, deadlineMs, ...identity };
  const claimed = await parts.seats.claim(wanted);
  if (claimed.outcome !== "section_missing") return claimed;
  await loadSection(parts, section);
  return parts.seats.claim(wanted);
}

function refusalOf(claimed: Exclude<ClaimOutcome, Held>): BookOutcome {
  return claimed.outcome === "section_missing" ? { outcome: "unavailable" } : claimed;
}

function draft(parts: BookParts, { event, section, request, identity }: Intent, held: Held): NewBooking {
  const nowMs = parts.clock.now();
  const standing = Array.from({ length: held.quantity }, () => null);
  const seatNumbers = section.kind === "seated" ? held.seatNumbers : standing;
  return {
    id: identity.bookingId,
    requestHash: identity.requestHash,
    eventId: event.id,
    sectionId: section.id,
    offerId: section.offer.id,
    buyerId: request.buyer.buyerId,
    buyerEmail: request.buyer.email,
    status: "pending_payment",
    quantity: held.quantity,
    total: multiplyMoney(section.offer.price, held.quantity),
    createdAtMs: nowMs,
    deadlineMs: nowMs + event.paymentWindowMs,
    seats: seatNumbers.map((seatNumber, position) => ({ position, seatNumber, ticketId: null })),
  };
}

/** An earlier request with this key has made the booking. Its seats are its own; ours are not. */
async function settleWithEarlier(parts: BookParts, intent: Intent, attempt: Attempt): Promise<BookOutcome> {
  const { bookingId, requestHash } = intent.identity;
  const known = await findBooking(parts.pool, bookingId);
  if (known === undefined) throw new Error(`booking ${bookingId} was there and is gone`);
  const { booking } = known;
  // Redis had lost the hold of a booking that lives: what Postgres says of the section comes back.
  if (attempt.owned && isLive(booking.status) && !hasSeats(booking, attempt.held))
    await loadSection(parts, intent.section);
  if (attempt.owned && !isLive(booking.status)) await release(parts, intent);
  if (known.requestHash !== requestHash) return { outcome: "idempotency_key_reused" };
  return { outcome: "booked", booking, fresh: false };
}

function hasSeats({ seats }: Booking, held: Held): boolean {
  const booked = seats.flatMap(({ seatNumber }) => (seatNumber === null ? [] : [seatNumber]));
  return seats.length === held.quantity && booked.join() === held.seatNumbers.join();
}

/** Postgres knows of another booking of these seats, so Redis has lost a write: mended, then claimed once more. */
async function repair(parts: BookParts, intent: Intent, attempt: Attempt): Promise<BookOutcome> {
  parts.logger.warn(
    { sectionId: intent.section.id },
    "Postgres refused seats that Redis gave; loading them anew",
  );
  await mend(parts, intent, attempt);
  const claimed = await claim(parts, intent);
  if (claimed.outcome !== "held") return refusalOf(claimed);
  return commit(parts, intent, { held: claimed, owned: attempt.owned || claimed.fresh, isSecond: true });
}

async function mend(parts: BookParts, intent: Intent, attempt: Attempt): Promise<void> {
  try {
    await loadSection(parts, intent.section);
  } catch (error) {
    if (attempt.owned) await release(parts, intent);
    throw error;
  }
}

async function giveUp(parts: BookParts, intent: Intent, attempt: Attempt): Promise<BookOutcome> {
  await mend(parts, intent, attempt);
  if (attempt.owned) await release(parts, intent);
  const { wish } = intent.request;
  return wish.mode === "manual"
    ? { outcome: "seats_taken", seatNumbers: wish.seatNumbers }
    : { outcome: "busy" };
}

async function undo(
  parts: BookParts,
  intent: Intent,
  attempt: Attempt,
  committed: Extract<CommitOutcome, { outcome: "busy" | "unavailable" | "broken" }>,
): Promise<BookOutcome> {
  if (attempt.owned) await release(parts, intent);
  if (committed.outcome === "broken") throw committed.error;
  return { outcome: committed.outcome };
}

/** A hold that cannot be released now is found later as an orphan. */
async function release(parts: BookParts, { event, section, identity }: Intent): Promise<void> {
  try {
    await parts.seats.release(event.id, section.id, [identity.bookingId]);
  } catch (error) {
    parts.logger.warn({ err: error, bookingId: identity.bookingId }, "a hold could not be released at once");
  }
}
