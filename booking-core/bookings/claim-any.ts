import { limits } from "../../foundation/limits.ts";
import type { BookParts, Intent, Part } from "./book-parts.ts";
import { claimOne, type Refused } from "./claim-section.ts";
import type { FreeCounts } from "./free-seats.ts";
import type { Candidate, PlannedWish } from "./planned-wish.ts";

const { sectionsAtOnce } = limits.booking;

/** The first section that has all; where none has, several together; where even those have not, as many as there are. */
export async function claimAny(
  parts: BookParts,
  intent: Intent,
  planned: PlannedWish,
  taken: Part[],
): Promise<Refused | undefined> {
  const { quantity, together = [] } = planned;
  for await (const candidate of withFree(parts, intent, planned.candidates, quantity)) {
    const refused = await claimOne(parts, intent, candidate, { quantity, least: quantity }, taken);
    if (refused?.outcome === "sold_out") continue;
    const had = quantityOfLast(taken);
    if (refused !== undefined || had === quantity) return refused;
    // An earlier attempt of this request took a part of its seats there: the rest is of others.
    const others = together.filter(({ section }) => section !== candidate.section);
    return spread(parts, intent, { ...planned, candidates: others }, taken, had);
  }
  return spread(parts, intent, { ...planned, candidates: together }, taken, 0);
}

/** What is missing where there are `had` seats already. */
async function spread(
  parts: BookParts,
  intent: Intent,
  { candidates, quantity, least }: PlannedWish,
  taken: Part[],
  had: number,
): Promise<Refused | undefined> {
  let missing = quantity - had;
  for await (const candidate of withFree(parts, intent, candidates, 1)) {
    if (missing <= 0) break;
    const refused = await claimOne(parts, intent, candidate, { quantity: missing, least: 1 }, taken);
    if (refused !== undefined && refused.outcome !== "sold_out") return refused;
    if (refused === undefined) missing -= quantityOfLast(taken);
  }
  const got = quantity - missing;
  if (got >= least && got <= quantity) return undefined;
  // The same request holds more than it asked for in these sections, or what is missing is beside what it holds.
  if (taken.some(({ held }) => !held.fresh)) return { outcome: "held_otherwise" };
  return { outcome: "sold_out", free: got };
}

function quantityOfLast(taken: readonly Part[]): number {
  return taken.at(-1)?.held.quantity ?? 0;
}

/** Those of the candidates that had so many free seats a moment ago, in their order; looked at only as far as needed. */
async function* withFree(
  { freeSeats }: BookParts,
  { event }: Intent,
  candidates: readonly Candidate[],
  least: number,
): AsyncGenerator<Candidate> {
  for (let from = 0; from < candidates.length; from += sectionsAtOnce) {
    const some = candidates.slice(from, from + sectionsAtOnce);
    const free = await freeSeats.of(
      event.id,
      some.map(({ section }) => section),
    );
    for (const candidate of some)
      if (!candidate.isCounted || freeOf(free, candidate) >= least) yield candidate;
  }
}

function freeOf(free: FreeCounts, { section, segments }: Candidate): number {
  const counts = free.get(section.id) ?? [];
  return segments.reduce((sum, segment) => sum + (counts[segment] ?? 0), 0);
}
