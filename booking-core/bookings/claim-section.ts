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
  if (outcome.outcome !== "held") return outcome;
  taken.push({ section, held: outcome });
  return !outcome.fresh && mayBeOfAnotherWish(intent, section) ? { outcome: "held_otherwise" } : undefined;
}

/** Redis does not know for which of several wishes for any section a hold was made. */
function mayBeOfAnotherWish({ request: { wishes } }: Intent, { id }: Section): boolean {
  const isNamed = wishes.some(({ sectionId }) => sectionId === id);
  return !isNamed && wishes.filter(({ sectionId }) => sectionId === undefined).length > 1;
}
