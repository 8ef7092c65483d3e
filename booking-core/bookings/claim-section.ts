import type { Section } from "../events/event.ts";
import type { ClaimOutcome } from "../seats/claim.ts";
import type { BookParts, Held, Intent, Part } from "./book-parts.ts";
import { ensureLoaded } from "./load-section.ts";
import type { Candidate } from "./planned-wish.ts";

export type Refused =
  | Exclude<ClaimOutcome, Held>
  /** The same request holds seats already, and others than this attempt would take. */
  | { readonly outcome: "held_otherwise" };

/** One section alone; what it gives is added to what was taken. */
export async function claimOne(
  parts: BookParts,
  intent: Intent,
  { section, wish }: Candidate,
  { quantity, least }: { readonly quantity: number; readonly least: number },
  taken: Part[],
): Promise<Refused | undefined> {
  const outcome = await claim(parts, intent, section, wish(quantity, least));
  if (outcome.outcome !== "held") return outcome;
  const owned = outcome.fresh || hadItLast(intent, section, outcome);
  const isOther = !outcome.fresh && mayBeOfAnotherWish(intent, section);
  if (owned || !isOther) taken.push({ section, held: outcome, owned });
  return isOther ? { outcome: "held_otherwise" } : undefined;
}

/** The claim before was of this request too, and nobody else was given the hold in between. */
function hadItLast({ earlier = [] }: Intent, { id }: Section, { heldBeforeMs }: Held): boolean {
  return earlier.some(
    ({ section, held, owned }) => owned && section.id === id && held.heldAtMs === heldBeforeMs,
  );
}

/** Redis does not know for which of several wishes for any section a hold was made. */
function mayBeOfAnotherWish({ request: { wishes } }: Intent, { id }: Section): boolean {
  const isNamed = wishes.some(({ sectionId }) => sectionId === id);
  return !isNamed && wishes.filter(({ sectionId }) => sectionId === undefined).length > 1;
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
  await ensureLoaded(parts, section);
  return parts.seats.claim(wanted);
}
