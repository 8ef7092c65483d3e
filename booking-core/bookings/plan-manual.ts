import type { Offer, Section } from "../events/event.ts";
import { blockOf } from "../events/layout.ts";
import type { Wish } from "../seats/claim.ts";
import { seatClasses } from "../seats/seat-bytes.ts";
import type { BookRefusal, Manual } from "./book-request.ts";
import { type PlannedWish, refusalOf, type WishContext } from "./planned-wish.ts";
import { classesOf } from "./seat-classes.ts";

/** The seats as the buyer chose them. */
export function planManual(
  context: WishContext,
  section: Section,
  { seatNumbers, take = "all" }: Manual,
): PlannedWish | BookRefusal {
  const unknown = seatNumbers.filter((seat) => section.kind === "standing" || seat >= section.capacity);
  if (unknown.length > 0) return { outcome: "seats_unknown", seatNumbers: unknown };
  const segments = [...new Set(seatNumbers.map((seat) => blockOf(section.blocks, seat).segment))];
  for (const segment of segments) {
    const refusal = refusalOf([section.offers[section.segments[segment]?.offer ?? -1] as Offer], context);
    if (refusal !== undefined) return refusal;
  }
  const reserved = reservedOf(context, section, seatNumbers);
  if (reserved.length > 0) return { outcome: "seats_reserved", seatNumbers: reserved };
  const quantity = seatNumbers.length;
  const least = take === "all" ? quantity : 1;
  const wish = wishFor(context, section, seatNumbers, least);
  return {
    candidates: [{ section, segments, isCounted: false, wish: () => wish }],
    quantity,
    least,
    chosen: seatNumbers,
  };
}

/** The rule against single seats is about ordinary ones, so it asks nothing of those of the house. */
function wishFor(
  { event, pool }: WishContext,
  section: Section,
  seatNumbers: readonly number[],
  least: number,
): Wish {
  const quantity = seatNumbers.length;
  const classes = seatNumbers.map((seat) => classesOf(section).get(seat) ?? seatClasses.ordinary);
  if (pool !== undefined && classes.every((seatClass) => seatClass === pool.seatClass)) {
    const runs = seatNumbers.map((seat) => [seat, 1] as const);
    return { mode: "among", quantity, least, class: pool.seatClass, runs };
  }
  return { mode: "manual", seatNumbers, least, allowsSingles: event.rules.allowsSingles };
}

/**
 * House seats are for who has the pool's code, and they are not mixed with others of their section; blocked ones are
 * taken as far as buyers can tell.
 */
function reservedOf({ pool }: WishContext, section: Section, seatNumbers: readonly number[]): number[] {
  const classOf = (seat: number) => classesOf(section).get(seat) ?? seatClasses.ordinary;
  const reserved = seatNumbers.filter((seat) => classOf(seat) >= seatClasses.firstHouse);
  const isOpened =
    reserved.length === seatNumbers.length && reserved.every((seat) => classOf(seat) === pool?.seatClass);
  return isOpened ? [] : reserved;
}
