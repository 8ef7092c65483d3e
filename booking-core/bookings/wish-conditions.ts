import type { Offer, OnsaleEvent, Section } from "../events/event.ts";
import type { Segment } from "../events/layout.ts";
import type { BestAvailable, WishField } from "./book-request.ts";

/** Some of what an event sells: a part of a section, and its price. */
export type OfferedPart = { readonly section: Section; readonly segment: Segment; readonly offer: Offer };

type Condition = { readonly field: WishField; readonly fits: (part: OfferedPart) => boolean };

/** What the wish asks of the parts that may serve it, each under the name of its field. */
export function conditionsOf(wish: BestAvailable): readonly Condition[] {
  const { sectionId, categories, upTo, restrictedView = true } = wish;
  const conditions: Condition[] = [];
  if (sectionId !== undefined)
    conditions.push({ field: "sectionId", fits: ({ section }) => section.id === sectionId });
  if (categories !== undefined)
    conditions.push({ field: "categories", fits: ({ offer }) => categories.includes(offer.category) });
  if (upTo !== undefined)
    conditions.push({ field: "upTo", fits: ({ offer }) => offer.price.amountMinor <= BigInt(upTo) });
  if (!restrictedView)
    conditions.push({ field: "restrictedView", fits: ({ segment }) => !segment.restrictedView });
  return conditions;
}

export function partsOf(section: Section): readonly OfferedPart[] {
  return section.segments.map((segment) => ({
    section,
    segment,
    offer: section.offers[segment.offer] as Offer,
  }));
}

/** Of a wish that nothing fits: the conditions that nothing fits alone, or all where it is only together that nothing does. */
export function unmetOf({ sections }: OnsaleEvent, wish: BestAvailable): readonly WishField[] {
  const conditions = conditionsOf(wish);
  const parts = sections.flatMap(partsOf);
  const alone = conditions.filter(({ fits }) => !parts.some(fits));
  return (alone.length > 0 ? alone : conditions).map(({ field }) => field);
}
