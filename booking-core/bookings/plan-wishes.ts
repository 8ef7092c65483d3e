import type { SectionId } from "../../foundation/ids.ts";
import type { Offer, OnsaleEvent, Section } from "../events/event.ts";
import { findSection } from "../events/find-section.ts";
import type { BestAvailable, BookingWish, BookRefusal, BookRequest } from "./book-request.ts";
import { planAccessible, sizesOf } from "./plan-accessible.ts";
import { planHouse, poolOf } from "./plan-house.ts";
import { planManual } from "./plan-manual.ts";
import { planOnce } from "./plan-once.ts";
import { type Candidate, type PlannedWish, refusalOf, type WishContext } from "./planned-wish.ts";
import { conditionsOf, partsOf, unmetOf } from "./wish-conditions.ts";
import { canBeApart } from "./wishes-apart.ts";

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
  for (const [index, wish] of request.wishes.entries()) {
    const plan = planWish({ event, pool, total, nowMs, index }, wish);
    if ("outcome" in plan) return plan;
    planned.push(plan);
  }
  if (planned.length > 1 && !canBeApart(planned)) return { outcome: "sections_too_few" };
  // In one order for everybody, and those with more choice after those with less.
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
  { event, index }: WishContext,
  sectionId: SectionId,
  plan: (section: Section) => PlannedWish | BookRefusal,
): PlannedWish | BookRefusal {
  const section = findSection(event, sectionId);
  return section === undefined
    ? { outcome: "nothing_offered", wish: index, unmet: ["sectionId"] }
    : plan(section);
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
  if (offered.length === 0)
    return { outcome: "nothing_offered", wish: context.index, unmet: unmetOf(context.event, wish) };
  const refusal = refusalOf(
    offered.map(({ section, segment }) => offerOf(section, segment)),
    context,
  );
  if (refusal !== undefined) return refusal;
  const sold = offered.filter(({ section, segment }) => isSold(offerOf(section, segment), context));
  const preferred = (wish.categories ?? [undefined]).map((category) => ofCategory(sold, category));
  const sizes = sizesOf(wish);
  const together = candidatesOf(context, wish, preferred.flat(), sizes);
  const planned = { quantity, least: fewer ? 1 : quantity };
  if (sectionId !== undefined) return { ...planned, candidates: together };
  const candidates = sizes.flatMap((size) =>
    preferred.flatMap((group) => candidatesOf(context, wish, group, [size])),
  );
  return { ...planned, candidates, ...((wish.accessible ?? 0) === 0 && { together }) };
}

type Offered = { readonly section: Section; readonly segment: number };

function ofCategory(offered: readonly Offered[], category: string | undefined): readonly Offered[] {
  if (category === undefined) return offered;
  return offered.filter(({ section, segment }) => offerOf(section, segment).category === category);
}

/** One a section, its segments in order of preference: a section takes one wish of a booking. */
function candidatesOf(
  context: WishContext,
  wish: BestAvailable,
  offered: readonly Offered[],
  sizes: readonly number[],
): Candidate[] {
  return [...Map.groupBy(offered, ({ section }) => section)].flatMap(([section, group]) => {
    const categories = byCategory(wish, section, group);
    const asked = wishesOf(context, wish, section, categories, sizes);
    const isCounted = context.pool === undefined && (wish.accessible ?? 0) === 0;
    return asked === undefined ? [] : [{ section, segments: categories.flat(), isCounted, wish: asked }];
  });
}

/** All as one where the buyer names no categories: any is as welcome then. */
function byCategory({ categories }: BestAvailable, section: Section, group: readonly Offered[]): number[][] {
  const likedAs = ({ segment }: Offered) => categories && offerOf(section, segment).category;
  return [...Map.groupBy(group, likedAs).values()].map((liked) => liked.map(({ segment }) => segment));
}

/** Nothing where the section has no such seats at all. */
function wishesOf(
  { pool }: WishContext,
  { accessible = 0 }: BestAvailable,
  section: Section,
  categories: readonly (readonly number[])[],
  sizes: readonly number[],
): Candidate["wish"] | undefined {
  const segments = categories.flat();
  if (accessible > 0) return planAccessible(section, segments, sizes, accessible);
  if (pool !== undefined) return planHouse(section, segments, pool.seatClass);
  return (count, least) => ({ mode: "best-available", quantity: count, least, segments: categories });
}

function segmentsFor(section: Section, wish: BestAvailable): number[] {
  const conditions = conditionsOf(wish);
  return partsOf(section).flatMap((part, index) =>
    conditions.every(({ fits }) => fits(part)) ? [index] : [],
  );
}

function isSold(offer: Offer, context: WishContext): boolean {
  return refusalOf([offer], context) === undefined;
}

function offerOf({ segments, offers }: Section, segment: number): Offer {
  return offers[segments[segment]?.offer ?? -1] as Offer;
}

function rank({ candidates }: PlannedWish): number {
  return new Set(candidates.map(({ section }) => section)).size;
}

function compareSections(left: PlannedWish, right: PlannedWish): number {
  const [one = "", other = ""] = [left.candidates[0]?.section.id, right.candidates[0]?.section.id];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
