import type { Offer, Section } from "../events/event.ts";
import { blockOf } from "../events/layout.ts";
import { seatClasses } from "../seats/seat-bytes.ts";
import type { BookRefusal, Manual } from "./book-request.ts";
import { classesOf } from "./seat-classes.ts";
import { type PlannedWish, refusalOf, type WishContext } from "./planned-wish.ts";

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
  const { allowsSingles } = context.event.rules;
  const least = take === "all" ? seatNumbers.length : 1;
  const wish = { mode: "manual", seatNumbers, least, allowsSingles: allowsSingles || take === "any" } as const;
  return { candidates: [{ section, segments, wish: () => wish }], quantity: seatNumbers.length, least, spreads: false };
}

/** House seats are for who has the pool's code; blocked ones are taken as far as buyers can tell. */
function reservedOf({ pool }: WishContext, section: Section, seatNumbers: readonly number[]): number[] {
  const classes = classesOf(section);
  return seatNumbers.filter((seat) => {
    const seatClass = classes.get(seat) ?? seatClasses.ordinary;
    return seatClass >= seatClasses.firstHouse && seatClass !== pool?.seatClass;
  });
}
