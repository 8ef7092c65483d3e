import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { BookedSeat } from "../bookings/booking.ts";
import { findBooking } from "../bookings/find-booking.ts";
import { applyHolds } from "../bookings/jobs.ts";
import { ensureLoaded } from "../bookings/load-section.ts";
import type { SeatAgain } from "../bookings/revive-bookings.ts";
import { classesOf } from "../bookings/seat-classes.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { Section } from "../events/event.ts";
import { findSection } from "../events/find-section.ts";
import { blockOf } from "../events/layout.ts";
import type { Wish } from "../seats/claim.ts";
import { seatClasses } from "../seats/seat-bytes.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";

export type ClaimAgainParts = {
  readonly pool: Pool;
  readonly seats: SeatEngine;
  readonly catalogue: Catalogue;
  readonly logger: Logger;
};

/** A booking that has expired, whose money is here. */
export type LateBooking = { readonly bookingId: BookingId; readonly otherSeats: boolean };

type Wanted = {
  readonly section: Section;
  readonly bookingId: BookingId;
  readonly requestHash: string;
  readonly deadlineMs: number;
  readonly seats: readonly BookedSeat[];
};

/**
 * Claims the seats of an expired booking in Redis, under its own id: the same seats, or where its buyer agreed others as
 * good. Nothing where they are not to be had; then nothing is held. Who dies before the booking is paid leaves holds of a
 * booking that has ended, which the search for orphans frees.
 */
export async function claimAgain(
  parts: ClaimAgainParts,
  { bookingId, otherSeats }: LateBooking,
): Promise<readonly SeatAgain[] | undefined> {
  const wanted = await findWanted(parts, bookingId);
  const again: SeatAgain[] = [];
  for (const part of wanted) {
    const seats = await claimPart(parts, part, otherSeats);
    if (seats === undefined) {
      await applyHolds(parts, { bookingIds: [bookingId] });
      return undefined;
    }
    again.push(...seats);
  }
  return again.length === 0 ? undefined : again;
}

/** By section, in the order of their ids like every booking of several. */
export async function findWanted(
  { catalogue, pool }: ClaimAgainParts,
  bookingId: BookingId,
): Promise<readonly Wanted[]> {
  const found = await findBooking(pool, bookingId);
  const event = found && (await catalogue.find(found.booking.eventId));
  if (found === undefined || event?.status !== "active") return [];
  const bySection = [...Map.groupBy(found.booking.seats, ({ sectionId }) => sectionId)];
  const inOrder = bySection.toSorted(([left], [right]) => (left < right ? -1 : 1));
  const { requestHash } = found;
  const { deadlineMs } = found.booking;
  const parts = inOrder.map(([sectionId, seats]) => ({ section: findSection(event, sectionId), seats }));
  if (parts.some(({ section }) => section === undefined)) return [];
  return parts.map(({ section, seats }) => ({
    ...{ section: section as Section, seats, bookingId, requestHash, deadlineMs },
  }));
}

async function claimPart(
  parts: ClaimAgainParts,
  wanted: Wanted,
  otherSeats: boolean,
): Promise<SeatAgain[] | undefined> {
  for (const wish of [sameSeats(wanted), otherSeats ? asGood(wanted) : undefined]) {
    const claimed = wish && (await claim(parts, wanted, wish));
    if (claimed?.outcome === "held" && claimed.quantity === wanted.seats.length)
      return placed(wanted, claimed.seatNumbers);
  }
  return undefined;
}

export async function claim(
  parts: ClaimAgainParts,
  { section, bookingId, requestHash, deadlineMs }: Wanted,
  wish: Wish,
) {
  const { eventId, id: sectionId }: { eventId: EventId; id: SectionId } = section;
  const asked = { eventId, sectionId, bookingId, requestHash, deadlineMs, wish };
  const claimed = await parts.seats.claim(asked);
  if (claimed.outcome !== "section_missing") return claimed;
  await ensureLoaded(parts, section);
  return parts.seats.claim(asked);
}

/** Also accessible seats and those beside them, and those of the house that were sold with a code. */
export function sameSeats({ section, seats }: Wanted): Wish {
  const quantity = seats.length;
  if (section.kind === "standing")
    return { mode: "best-available", quantity, least: quantity, segments: [[0]] };
  const numbers = seats.map(({ seatNumber }) => seatNumber as number);
  const classes = new Set(numbers.map((seat) => classesOf(section).get(seat) ?? seatClasses.ordinary));
  const [only = seatClasses.ordinary] = classes;
  if (classes.size > 1 || only < seatClasses.firstHouse) return { mode: "groups", groups: [numbers] };
  const runs = numbers.map((seat) => [seat, 1] as const);
  return { mode: "among", quantity, least: quantity, class: only, runs };
}

/** Ordinary seats of the same offer, with as good a view. Nothing where the seats are of several offers, or special. */
function asGood({ section, seats }: Wanted): Wish | undefined {
  if (section.kind === "standing") return undefined;
  const numbers = seats.map(({ seatNumber }) => seatNumber as number);
  if (numbers.some((seat) => classesOf(section).has(seat))) return undefined;
  const own = numbers.map((seat) => section.segments[blockOf(section.blocks, seat).segment]);
  if (new Set(own.map((segment) => segment?.offer)).size !== 1) return undefined;
  const mayBeRestricted = own.every((segment) => segment?.restrictedView === true);
  const segments = section.segments.flatMap(({ offer, restrictedView }, index) =>
    offer === own[0]?.offer && (mayBeRestricted || !restrictedView) ? [index] : [],
  );
  const quantity = seats.length;
  return { mode: "best-available", quantity, least: quantity, segments: [segments] };
}

/** Who has the same seats keeps them where they were; others come in their order. */
function placed({ section, seats }: Wanted, numbers: readonly number[]): SeatAgain[] {
  if (section.kind === "standing") return seats.map(({ position }) => ({ position, seatNumber: null }));
  const isSame = seats.every(({ seatNumber }) => seatNumber !== null && numbers.includes(seatNumber));
  return seats.map(({ position, seatNumber }, index) => ({
    position,
    seatNumber: isSame ? seatNumber : (numbers[index] as number),
  }));
}
