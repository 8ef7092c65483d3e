import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { AnswerBody } from "./client.ts";
import type { Seat } from "./records.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What a buyer wants, in one section. */
export type Wish = { readonly sectionId: string } & (
  | { readonly mode: "best-available"; readonly quantity: number }
  | { readonly mode: "manual"; readonly seatNumbers: readonly number[] }
);

export const keptBack = "kept back";

export function drawWish(random: SeededRandom, event: OnsaleEvent): Wish {
  const section = random.pick(event.sections.filter(({ name }) => name !== keptBack));
  const quantity = random.between(1, 4);
  if (section.kind === "standing" || random.chance(0.6))
    return { sectionId: section.id, mode: "best-available", quantity };
  // Few beginnings, so that many want the same seats.
  const first = random.between(0, Math.min(30, section.capacity - 5));
  const seatNumbers = Array.from({ length: quantity }, (_, index) => first + index);
  return { sectionId: section.id, mode: "manual", seatNumbers };
}

/** The one place that knows how a wish is sent. */
export function bodyOf(wish: Wish): unknown {
  return { wishes: [wish] };
}

/** The one place that knows how a booking names its seats. */
export function seatsOf(body: AnswerBody): Seat[] {
  return (body.seats ?? []).map(({ seatNumber, sectionId }) => ({ seatNumber, sectionId }));
}
