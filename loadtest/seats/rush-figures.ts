import { quantile } from "../bench/quantile.ts";
import type { Measurement } from "../bench/report.ts";
import type { PlannedEvent } from "./event-plan.ts";
import type { Bought } from "./rush-buyers.ts";

const none = { of: "value", sign: "≤", at: 0, size: "any" } as const;

/** What the buyers were told, held against itself. */
export function rushFigures(answers: readonly Bought[], event: PlannedEvent): Measurement[] {
  const capacity = event.sectionIds.length * event.seatsPerSection;
  const booked = answers.filter(({ outcome }) => outcome === "booked");
  const seats = booked.flatMap((answer) => answer.seats);
  const different = new Set(seats).size;
  const wrongCount = booked.filter((answer) => answer.seats.length !== answer.quantity).length;
  const odd = answers.filter(({ outcome }) => outcome === "odd").length;
  const soldMs = Math.max(0, ...booked.map(({ atMs }) => atMs));
  const wholeMs = Math.max(0, ...answers.map(({ atMs }) => atMs));
  return [
    {
      ...{ name: "seats sold", value: different, unit: "seats" },
      limit: { name: "seats there are", value: capacity },
      bar: { of: "ratio", sign: "≥", at: 1, size: "any" },
    },
    { name: "time to sold out", value: soldMs / 1_000, unit: "s" },
    { name: "buyers answered a second", value: answers.length / (wholeMs / 1_000), unit: "buyers/s" },
    { name: "bookings a second until sold out", value: booked.length / (soldMs / 1_000), unit: "bookings/s" },
    ...times("answers", answers),
    ...times("bookings", booked),
    { name: "seats sold twice", value: seats.length - different, unit: "seats", bar: none },
    { name: "bookings of another count of seats", value: wrongCount, unit: "bookings", bar: none },
    { name: "answers but booked or sold out", value: odd, unit: "answers", bar: none },
    {
      ...{ name: "refused while fitting seats were free", value: refusedUnjustly(answers, capacity) },
      ...{ unit: "buyers", bar: none },
    },
  ];
}

function times(name: string, answers: readonly Bought[]): Measurement[] {
  const tookMs = answers.map((answer) => answer.tookMs);
  return ([50, 95, 99] as const).map((percent) => ({
    ...{ name: `${name}: p${percent}`, value: quantile(tookMs, percent / 100), unit: "ms" },
  }));
}

/**
 * Nothing comes back during the rush, and each seat fits everybody. So a refusal is unjust where it says itself that
 * enough is free, or where as much as was asked for is still free at the end.
 */
function refusedUnjustly(answers: readonly Bought[], capacity: number): number {
  const freeAtEnd = capacity - answers.reduce((sum, { seats }) => sum + seats.length, 0);
  const unjust = ({ outcome, quantity, free }: Bought) =>
    outcome === "sold_out" && quantity <= Math.max(free, freeAtEnd);
  return answers.filter(unjust).length;
}
