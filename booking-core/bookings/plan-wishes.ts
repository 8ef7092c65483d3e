import type { SectionId } from "../../foundation/ids.ts";
import type { Offer, OnsaleEvent, Section } from "../events/event.ts";
import { findSection } from "../events/find-section.ts";
import type { BestAvailable, BookingWish, BookRefusal, BookRequest } from "./book-request.ts";
import { planAccessible } from "./plan-accessible.ts";
import { planHouse, poolOf } from "./plan-house.ts";
import { planManual } from "./plan-manual.ts";
import { planOnce } from "./plan-once.ts";
import { type Candidate, type PlannedWish, refusalOf, type WishContext } from "./planned-wish.ts";

/** What the request means at this event, or what speaks against it before any seat is looked at. */
export function planWishes(
  event: OnsaleEvent,
  request: BookRequest,
  nowMs: number,
): readonly PlannedWish[] | BookRefusal {
  if (event.status === "cancelled") return { outcome: "event_cancelled" };
  if (event.status !== "active") return { outcome: "offer_closed" };
  const pool = request.code === undefined ? undefined : poolOf(event, request.code);
  if (request.code !== undefined && pool === undefined) return { outcome: "code_invalid" };
  if (namesOneTwice(request.wishes)) return { outcome: "section_named_twice" };
  const total = request.wishes.reduce((sum, wish) => sum + quantityOf(wish), 0);
  const planned: PlannedWish[] = [];
  for (const wish of request.wishes) {
    const plan = planWish({ event, pool, total, nowMs }, wish);
    if ("outcome" in plan) return plan;
    planned.push(plan);
  }
  // In one order for everybody, and those with a choice after those without.
  return planned.sort((left, right) => rank(left) - rank(right) || compareSections(left, right));
}

function planWish(context: WishContext, wish: BookingWish): PlannedWish | BookRefusal {
  if (wish.mode === "manual")
    return withSection(context, wish.sectionId, (section) => planManual(context, section, wish));
  return planOnce(context, wish, planBest);
}

function planBest(context: WishContext, wish: BestAvailable): PlannedWish | BookRefusal {
  if (wish.sectionId === undefined) return planAmong(context, context.event.sections, wish);
  return withSection(context, wish.sectionId, (section) => planAmong(context, [section], wish));
}

function withSection(
  { event }: WishContext,
  sectionId: SectionId,
  plan: (section: Section) => PlannedWish | BookRefusal,
): PlannedWish | BookRefusal {
  const section = findSection(event, sectionId);
  return section === undefined ? { outcome: "not_found" } : plan(section);
}

export function quantityOf(wish: BookingWish): number {
  return wish.mode === "manual" ? wish.seatNumbers.length : wish.quantity;
}

function namesOneTwice(wishes: readonly BookingWish[]): boolean {
  if (wishes.length === 1) return false;
  const named = wishes.flatMap(({ sectionId }) => sectionId ?? []);
  return new Set(named).size < named.length;
}

/** The sections in order of preference: by category, then as the plan has them. */
function planAmong(
  context: WishContext,
  sections: readonly Section[],
  wish: BestAvailable,
): PlannedWish | BookRefusal {
  const { quantity, fewer = false, sectionId } = wish;
  const offered = sections.flatMap((section) =>
    segmentsFor(section, wish).map((segment) => ({ section, segment })),
  );
  const refusal = refusalOf(
    offered.map(({ section, segment }) => offerOf(section, segment)),
    context,
  );
  if (refusal !== undefined) return refusal;
  const sold = offered.filter(({ section, segment }) => isSold(offerOf(section, segment), context));
  const preferred = (wish.categories ?? [undefined]).map((category) => ofCategory(sold, category));
  const together = candidatesOf(context, wish, preferred.flat());
  const planned = { quantity, least: fewer ? 1 : quantity };
  if (sectionId !== undefined) return { ...planned, candidates: together };
  const candidates = preferred.flatMap((group) => candidatesOf(context, wish, group));
  return { ...planned, candidates, ...((wish.accessible ?? 0) === 0 && { together }) };
}

type Offered = { readonly section: Section; readonly segment: number };

function ofCategory(offered: readonly Offered[], category: string | undefined): readonly Offered[] {
  if (category === undefined) return offered;
  return offered.filter(({ section, segment }) => offerOf(section, segment).category === category);
}

/** One a section, its segments in order of preference: a section takes one wish of a booking. */
function candidatesOf(context: WishContext, wish: BestAvailable, offered: readonly Offered[]): Candidate[] {
  return [...Map.groupBy(offered, ({ section }) => section)].flatMap(([section, group]) => {
    const segments = group.map(({ segment }) => segment);
    const asked = wishesOf(context, wish, section, segments);
    const isCounted = context.pool === undefined && (wish.accessible ?? 0) === 0;
    return asked === undefined ? [] : [{ section, segments, isCounted, wish: asked }];
  });
}

/** Nothing where the section has no such seats at all. */
function wishesOf(
  { pool }: WishContext,
  { accessible = 0, quantity }: BestAvailable,
  section: Section,
  segments: readonly number[],
): Candidate["wish"] | undefined {
  if (accessible > 0) return planAccessible(section, segments, { quantity, accessible });
  if (pool !== undefined) return planHouse(section, segments, pool.seatClass);
  return (count, least) => ({ mode: "best-available", quantity: count, least, segments });
}

function segmentsFor(section: Section, wish: BestAvailable): number[] {
  const { categories, upTo, restrictedView = true } = wish;
  return section.segments.flatMap((segment, index) => {
    const offer = section.offers[segment.offer] as Offer;
    const fits =
      (categories?.includes(offer.category) ?? true) &&
      (upTo === undefined || offer.price.amountMinor <= BigInt(upTo)) &&
      (restrictedView || !segment.restrictedView);
    return fits ? [index] : [];
  });
}

function isSold(offer: Offer, context: WishContext): boolean {
  return refusalOf([offer], context) === undefined;
}

function offerOf({ segments, offers }: Section, segment: number): Offer {
  return offers[segments[segment]?.offer ?? -1] as Offer;
}

function rank({ candidates }: PlannedWish): number {
  return candidates.length === 1 ? 0 : 1;
}

function compareSections(left: PlannedWish, right: PlannedWish): number {
  const [one = "", other = ""] = [left.candidates[0]?.section.id, right.candidates[0]?.section.id];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
