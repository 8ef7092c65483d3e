import type { OnsaleEvent, Section } from "../../booking-core/events/event.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What a buyer wants, in one section. */
export type Wish = { readonly sectionId: string } & (
  | { readonly mode: "best-available"; readonly quantity: number; readonly fewer: boolean }
  | { readonly mode: "manual"; readonly seatNumbers: readonly number[]; readonly take: "all" | "any" }
);

export const keptBack = "kept back";

/** Now and then of two sections: all of it or nothing. */
export function drawWishes(random: SeededRandom, event: OnsaleEvent): Wish[] {
  const sections = event.sections.filter(({ name }) => name !== keptBack);
  const first = random.pick(sections);
  const second = random.pick(sections);
  const both = random.chance(0.25) && second !== first ? [first, second] : [first];
  return both.map((section) => drawWish(random, section));
}

function drawWish(random: SeededRandom, section: Section): Wish {
  const quantity = random.between(1, 4);
  if (section.kind === "standing" || random.chance(0.6))
    return { sectionId: section.id, mode: "best-available", quantity, fewer: random.chance(0.3) };
  // Few beginnings, so that many want the same seats.
  const first = random.between(0, Math.min(30, section.capacity - 5));
  const seatNumbers = Array.from({ length: quantity }, (_, index) => first + index);
  return { sectionId: section.id, mode: "manual", seatNumbers, take: random.pick(["all", "any"]) };
}

/** The one place that knows how wishes are sent. */
export function bodyOf(wishes: readonly Wish[]): unknown {
  return { wishes };
}
