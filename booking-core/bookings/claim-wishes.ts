import type { SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Section } from "../events/event.ts";
import type { ClaimOutcome } from "../seats/claim.ts";
import type { BookParts, Intent } from "./book-parts.ts";
import type { BookRefusal } from "./book-request.ts";
import type { FreeCounts } from "./free-seats.ts";
import { loadSection } from "./load-section.ts";
import type { Candidate, PlannedWish } from "./planned-wish.ts";

const { sectionsAtOnce } = limits.booking;

export type Held = Extract<ClaimOutcome, { outcome: "held" }>;

/** What a booking holds of one section. `owned`: this request made the hold, so nobody else counts on it. */
export type Part = { readonly section: Section; readonly held: Held; readonly owned: boolean };

type Refused = Exclude<ClaimOutcome, Held>;

/** The parts of all wishes, or why they are not to be had; then nothing that was claimed here is kept. */
export async function claimWishes(parts: BookParts, intent: Intent): Promise<readonly Part[] | BookRefusal> {
  const taken: Part[] = [];
  try {
    for (const wish of intent.wishes) {
      const refused = await claimWish(parts, intent, wish, taken);
      if (refused === undefined) continue;
      await releaseParts(parts, intent, taken);
      return refusalOf(refused);
    }
  } catch (error) {
    await releaseParts(parts, intent, taken);
    throw error;
  }
  return taken;
}

async function claimWish(
  parts: BookParts,
  intent: Intent,
  wish: PlannedWish,
  taken: Part[],
): Promise<Refused | undefined> {
  const [only] = wish.candidates;
  if (only === undefined) return { outcome: "sold_out", free: 0 };
  if (wish.candidates.length > 1) return claimAny(parts, intent, wish, taken);
  const refused = await claimOne(parts, intent, only, wish, taken);
  const { chosen } = wish;
  return refused?.outcome === "sold_out" && chosen
    ? { outcome: "seats_taken", seatNumbers: chosen }
    : refused;
}

/** One section alone; what it gives is added to what was taken. */
async function claimOne(
  parts: BookParts,
  intent: Intent,
  { section, wish }: Candidate,
  { quantity, least }: { readonly quantity: number; readonly least: number },
  taken: Part[],
): Promise<Refused | undefined> {
  const outcome = await claim(parts, intent, section, wish(quantity, least));
  if (outcome.outcome !== "held") return outcome;
  taken.push({ section, held: outcome, owned: outcome.fresh });
  return undefined;
}

/** The first section that has all; where none has, several together; where even those have not, as many as there are. */
async function claimAny(
  parts: BookParts,
  intent: Intent,
  planned: PlannedWish,
  taken: Part[],
): Promise<Refused | undefined> {
  const used = new Set<SectionId>(taken.map(({ section }) => section.id));
  const { quantity, together } = planned;
  for await (const candidate of withFree(parts, intent, planned.candidates, quantity)) {
    if (used.has(candidate.section.id)) continue;
    const refused = await claimOne(parts, intent, candidate, { quantity, least: quantity }, taken);
    if (refused?.outcome !== "sold_out") return refused;
  }
  if (together === undefined) return { outcome: "sold_out", free: 0 };
  const unused = together.filter(({ section }) => !used.has(section.id));
  return spread(parts, intent, { ...planned, candidates: unused }, taken);
}

async function spread(
  parts: BookParts,
  intent: Intent,
  { candidates, quantity, least }: PlannedWish,
  taken: Part[],
): Promise<Refused | undefined> {
  const before = taken.length;
  let missing = quantity;
  for await (const candidate of withFree(parts, intent, candidates, 1)) {
    const refused = await claimOne(parts, intent, candidate, { quantity: missing, least: 1 }, taken);
    if (refused !== undefined && refused.outcome !== "sold_out") return refused;
    if (refused === undefined) missing -= taken.at(-1)?.held.quantity ?? 0;
    if (missing <= 0) break;
  }
  // The same request at another gateway holds seats there that it wanted of one section alone.
  if (missing < 0) return { outcome: "busy" };
  const got = quantity - missing;
  if (got >= least && taken.length > before) return undefined;
  return { outcome: "sold_out", free: got };
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

/** A section that Redis does not know, or may have forgotten something of, is loaded first. */
async function claim(
  parts: BookParts,
  { event, identity, deadlineMs }: Intent,
  section: Section,
  wish: ReturnType<Candidate["wish"]>,
): Promise<ClaimOutcome> {
  const wanted = { eventId: event.id, sectionId: section.id, wish, deadlineMs, ...identity };
  const claimed = await parts.seats.claim(wanted);
  if (claimed.outcome !== "section_missing") return claimed;
  await loadSection(parts, section);
  return parts.seats.claim(wanted);
}

export function refusalOf(refused: Refused): BookRefusal {
  return refused.outcome === "section_missing" ? { outcome: "unavailable" } : refused;
}

/**
 * Holds that cannot be released now are found later as orphans. A section that was rebuilt since the claim has what
 * Postgres says of the booking, so nothing is released there; unless we rebuilt it ourselves.
 */
export async function releaseParts(
  parts: BookParts,
  intent: Intent,
  taken: readonly Part[],
  { rebuilt = false } = {},
): Promise<void> {
  const owned = taken.filter((part) => part.owned);
  await Promise.all(owned.map((part) => releasePart(parts, intent, part, rebuilt)));
}

async function releasePart(
  parts: BookParts,
  { event, identity }: Intent,
  { section, held }: Part,
  rebuilt: boolean,
): Promise<void> {
  const { bookingId } = identity;
  try {
    await parts.seats.release(event.id, section.id, [bookingId], rebuilt ? undefined : held.epoch);
  } catch (error) {
    parts.logger.warn(
      { err: error, bookingId, sectionId: section.id },
      "a hold could not be released at once",
    );
  }
}
