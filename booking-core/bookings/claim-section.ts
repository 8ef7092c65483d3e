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
  const { event, identity, deadlineMs } = intent;
  const place = { eventId: event.id, sectionId: section.id };
  const claim = { ...place, ...identity, deadlineMs, wish: wish(quantity, least) };
  let outcome = await parts.seats.claim(claim);
  // A section that Redis does not know, or may have forgotten something of, is loaded first.
  if (outcome.outcome === "section_missing") {
    await ensureLoaded(parts, section);
    outcome = await parts.seats.claim(claim);
  }
  return outcome.outcome === "held" ? take(intent, section, outcome, taken) : outcome;
}

function take(intent: Intent, section: Section, held: Held, taken: Part[]): Refused | undefined {
  const owned = held.fresh || hadItLast(intent, section, held);
  const isOther = !held.fresh && mayBeOfAnotherWish(intent, section);
  if (owned || !isOther) taken.push({ section, held, owned });
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
