import type { SectionId } from "../../foundation/ids.ts";
import type { Section } from "../events/event.ts";
import type { ClaimOutcome } from "../seats/claim.ts";
import type { BookParts, Intent } from "./book-parts.ts";
import type { BookRefusal } from "./book-request.ts";
import type { FreeCounts } from "./free-seats.ts";
import { loadSection } from "./load-section.ts";
import type { Candidate, PlannedWish } from "./planned-wish.ts";

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
  const isUnused = ({ section }: Candidate) => !used.has(section.id);
  const free = await parts.freeSeats.of(intent.event);
  const { quantity, together } = planned;
  for (const candidate of planned.candidates.filter(isUnused)) {
    if (isCounted(candidate) && freeOf(free, candidate) < quantity) continue;
    const refused = await claimOne(parts, intent, candidate, { quantity, least: quantity }, taken);
    if (refused?.outcome !== "sold_out") return refused;
  }
  if (together === undefined) return { outcome: "sold_out", free: 0 };
  return spread(parts, intent, { ...planned, candidates: together.filter(isUnused) }, { free, taken });
}

async function spread(
  parts: BookParts,
  intent: Intent,
  { candidates, quantity, least }: PlannedWish,
  { free, taken }: { readonly free: FreeCounts; readonly taken: Part[] },
): Promise<Refused | undefined> {
  const before = taken.length;
  let missing = quantity;
  for (const candidate of candidates) {
    if (missing <= 0) break;
    if (isCounted(candidate) && freeOf(free, candidate) === 0) continue;
    const refused = await claimOne(parts, intent, candidate, { quantity: missing, least: 1 }, taken);
    if (refused !== undefined && refused.outcome !== "sold_out") return refused;
    if (refused === undefined) missing -= taken.at(-1)?.held.quantity ?? 0;
  }
  // The same request at another gateway holds seats there that it wanted of one section alone.
  if (missing < 0) return { outcome: "busy" };
  const got = quantity - missing;
  if (got >= least && taken.length > before) return undefined;
  return { outcome: "sold_out", free: got };
}

/** Seats of the house and accessible ones are not among those that count as free. */
function isCounted({ wish }: Candidate): boolean {
  return wish(1, 1).mode === "best-available";
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
