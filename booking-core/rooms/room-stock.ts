import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { Offer, Section } from "../events/event.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import type { SectionCounts } from "../seats/section-counts.ts";

/** What is left of a price. Held seats may come back. */
export type PriceStock = {
  readonly category: string;
  readonly priceMinor: string;
  readonly currency: string;
  readonly free: number;
  readonly held: number;
};

type StockParts = { readonly seats: SeatEngine; readonly catalogue: Catalogue; readonly clock: Clock };
type Known = { readonly atMs: number; readonly stock: Promise<readonly PriceStock[] | undefined> };

const freshMs = 500;

/** What is left of an event, read from Redis at most every half second. Nothing while a section is not loaded. */
export function createRoomStock(parts: StockParts) {
  const known = new Map<EventId, Known>();
  return function stock(eventId: EventId): Promise<readonly PriceStock[] | undefined> {
    const nowMs = parts.clock.now();
    const last = known.get(eventId);
    if (last !== undefined && nowMs - last.atMs < freshMs) return last.stock;
    const reading = { atMs: nowMs, stock: readStock(parts, eventId) };
    known.set(eventId, reading);
    reading.stock.catch(() => known.delete(eventId));
    return reading.stock;
  };
}

async function readStock(parts: StockParts, eventId: EventId): Promise<PriceStock[] | undefined> {
  const sections = (await parts.catalogue.find(eventId))?.sections ?? [];
  const counts = await parts.seats.counts(
    eventId,
    sections.map(({ id }) => id),
  );
  const all = counts.filter((count) => count !== undefined);
  return sections.length === 0 || all.length < sections.length ? undefined : mergePrices(sections, all);
}

/** Sections of one category and price are one line, in the order of the plan. */
function mergePrices(sections: readonly Section[], counts: readonly SectionCounts[]): PriceStock[] {
  const prices = new Map<string, PriceStock>();
  for (const [index, section] of sections.entries())
    for (const [place, segment] of section.segments.entries()) {
      const { category, price } = section.offers[segment.offer] as Offer;
      const [priceMinor, currency] = [String(price.amountMinor), price.currency];
      const key = JSON.stringify([category, priceMinor, currency]);
      const { free, held } = prices.get(key) ?? { free: 0, held: 0 };
      const moreFree = counts[index]?.free[place] ?? 0;
      const moreHeld = counts[index]?.held[place] ?? 0;
      prices.set(key, { category, priceMinor, currency, free: free + moreFree, held: held + moreHeld });
    }
  return [...prices.values()];
}
