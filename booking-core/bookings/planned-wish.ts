import type { HousePool, Offer, OnsaleEvent, Section } from "../events/event.ts";
import type { Wish } from "../seats/claim.ts";
import type { BookRefusal } from "./book-request.ts";

/** A section that can meet a wish, and how it is asked. Those that the buyer likes better come first. */
export type Candidate = {
  readonly section: Section;
  /** What of the section counts for the wish. */
  readonly segments: readonly number[];
  /** Whether it takes of the seats that are counted as free: those of the house and accessible ones are not. */
  readonly isCounted: boolean;
  readonly wish: (quantity: number, least: number) => Wish;
};

export type PlannedWish = {
  readonly candidates: readonly Candidate[];
  readonly quantity: number;
  readonly least: number;
  /** Each section once, where several may meet it together if none can alone. */
  readonly together?: readonly Candidate[];
  /** Seats that the buyer chose: where they are not to be had, it is because somebody has them. */
  readonly chosen?: readonly number[];
};

export type WishContext = {
  readonly event: OnsaleEvent;
  readonly pool: HousePool | undefined;
  /** Seats of the whole request: what an offer bounds. */
  readonly total: number;
  readonly nowMs: number;
  /** Which of the request's wishes it is. */
  readonly index: number;
};

/** Nothing where at least one of the offers sells so many seats now; there is at least one. */
export function refusalOf(offers: readonly Offer[], { nowMs, total }: WishContext): BookRefusal | undefined {
  const open = offers.filter((offer) => offer.salesFromMs <= nowMs && nowMs < offer.salesUntilMs);
  if (open.length === 0) return { outcome: "offer_closed" };
  const most = Math.max(...open.map(({ maxPerBooking }) => maxPerBooking));
  return total > most ? { outcome: "too_many_seats", most } : undefined;
}
