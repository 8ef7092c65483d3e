import { addMoney } from "../../foundation/money.ts";
import { offerOfSeat, type Section } from "../events/event.ts";
import type { BookParts, Intent, Part } from "./book-parts.ts";
import type { BookOutcome } from "./book-request.ts";
import { type BookedSeat, type Booking, isLive } from "./booking.ts";
import { claimWishes, releaseParts } from "./claim-wishes.ts";
import type { CommitOutcome } from "./commit-groups.ts";
import { findBooking } from "./find-booking.ts";
import { loadSection } from "./load-section.ts";
import type { NewBooking } from "./new-booking.ts";

/** Claims the seats in Redis and writes the booking to Postgres; `booked` only when that is durable. */
export async function takeSeats(parts: BookParts, intent: Intent): Promise<BookOutcome> {
  const taken = await claimWishes(parts, intent);
  if ("outcome" in taken) return taken;
  return commit(parts, intent, taken, false);
}

async function commit(
  parts: BookParts,
  intent: Intent,
  taken: readonly Part[],
  isSecond: boolean,
): Promise<BookOutcome> {
  const drafted = draft(parts, intent, taken);
  const committed = await parts.groups.add(drafted);
  switch (committed.outcome) {
    case "inserted": {
      const { requestHash: _hash, mostPerIdentity: _most, ...booking } = drafted;
      return { outcome: "booked", booking, fresh: true };
    }
    case "exists":
      return settleWithEarlier(parts, intent, taken);
    case "taken":
      return isSecond ? giveUp(parts, intent, taken) : repair(parts, intent, taken);
    case "limited":
      return limited(parts, intent, taken, committed.most);
    case "unknown":
      // The holds stay: they may belong to a booking. If not, they are found as orphans.
      return { outcome: "unavailable" };
    default:
      return undo(parts, intent, taken, committed);
  }
}

function draft({ clock }: BookParts, intent: Intent, taken: readonly Part[]): NewBooking {
  const { event, request, identity, deadlineMs } = intent;
  const nothing = { amountMinor: 0n, currency: event.currency };
  const seats = taken.flatMap(seatsOf).map((seat, position) => ({ ...seat, position }));
  return {
    id: identity.bookingId,
    requestHash: identity.requestHash,
    eventId: event.id,
    buyerId: request.buyer.buyerId,
    buyerEmail: request.buyer.email,
    identity: request.buyer.identity,
    status: "pending_payment",
    quantity: seats.length,
    total: seats.reduce((sum, { price }) => addMoney(sum, price), nothing),
    createdAtMs: clock.now(),
    deadlineMs,
    extended: false,
    seats,
    mostPerIdentity: event.rules.mostPerIdentity,
  };
}

function seatsOf({ section, held }: Part): Omit<BookedSeat, "position">[] {
  const numbers =
    section.kind === "seated" ? held.seatNumbers : Array.from({ length: held.quantity }, () => null);
  return numbers.map((seatNumber) => {
    const offer = offerOfSeat(section, seatNumber);
    const noTicket = { ticketId: null, ticketStatus: null };
    return { sectionId: section.id, offerId: offer.id, seatNumber, price: offer.price, ...noTicket };
  });
}

/** The same request at another gateway may have taken the share in this moment. */
async function limited(
  parts: BookParts,
  intent: Intent,
  taken: readonly Part[],
  most: number,
): Promise<BookOutcome> {
  const earlier = await findBooking(parts.pool, intent.identity.bookingId);
  if (earlier !== undefined) return settleWithEarlier(parts, intent, taken);
  await releaseParts(parts, intent, taken);
  return { outcome: "buyer_limit_reached", most };
}

/** An earlier request with this key has made the booking. Its seats are its own; ours are not. */
async function settleWithEarlier(
  parts: BookParts,
  intent: Intent,
  taken: readonly Part[],
): Promise<BookOutcome> {
  const { bookingId, requestHash } = intent.identity;
  const known = await findBooking(parts.pool, bookingId);
  if (known === undefined) throw new Error(`booking ${bookingId} was there and is gone`);
  const { booking } = known;
  const strayed = taken.filter(
    ({ section }) => !isLive(booking.status) || seatsIn(booking, section).length === 0,
  );
  await releaseParts(parts, intent, strayed);
  // Redis had lost the hold of a booking that lives: what Postgres says of the section comes back.
  for (const part of taken)
    if (part.held.fresh && !strayed.includes(part) && !hasSeats(booking, part))
      await loadSection(parts, part.section);
  if (known.requestHash !== requestHash) return { outcome: "idempotency_key_reused" };
  return { outcome: "booked", booking, fresh: false };
}

function seatsIn({ seats }: Booking, { id }: Section): readonly BookedSeat[] {
  return seats.filter(({ sectionId }) => sectionId === id);
}

function hasSeats(booking: Booking, { section, held }: Part): boolean {
  const seats = seatsIn(booking, section);
  const booked = new Set(seats.map(({ seatNumber }) => seatNumber));
  return seats.length === held.quantity && held.seatNumbers.every((seat) => booked.has(seat));
}

/** Postgres knows of another booking of these seats, so Redis has lost a write: mended, then claimed anew. */
async function repair(parts: BookParts, intent: Intent, taken: readonly Part[]): Promise<BookOutcome> {
  const sections = taken.map(({ section }) => section.id);
  const { bookingId } = intent.identity;
  parts.logger.warn({ bookingId, sections }, "Postgres refused seats that Redis gave; loading them anew");
  await mend(parts, intent, taken);
  const again = await claimWishes(parts, intent);
  return "outcome" in again ? again : commit(parts, intent, again, true);
}

/** Our holds would be kept where they do not collide, as if they were about to be booked. */
async function mend(parts: BookParts, intent: Intent, taken: readonly Part[]): Promise<void> {
  await releaseParts(parts, intent, taken);
  for (const { section } of taken) await loadSection(parts, section);
}

async function giveUp(parts: BookParts, intent: Intent, taken: readonly Part[]): Promise<BookOutcome> {
  await mend(parts, intent, taken);
  const manual = intent.request.wishes.flatMap((wish) => (wish.mode === "manual" ? wish.seatNumbers : []));
  return manual.length > 0 ? { outcome: "seats_taken", seatNumbers: manual } : { outcome: "busy" };
}

async function undo(
  parts: BookParts,
  intent: Intent,
  taken: readonly Part[],
  committed: Extract<CommitOutcome, { outcome: "busy" | "unavailable" | "broken" }>,
): Promise<BookOutcome> {
  await releaseParts(parts, intent, taken);
  if (committed.outcome === "broken") throw committed.error;
  return { outcome: committed.outcome };
}
