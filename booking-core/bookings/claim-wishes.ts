import type { BookParts, Intent, Part } from "./book-parts.ts";
import type { BookOutcome } from "./book-request.ts";
import { claimAny } from "./claim-any.ts";
import { claimOne, type Refused } from "./claim-section.ts";
import { earlierOutcome } from "./earlier-bookings.ts";
import type { PlannedWish } from "./planned-wish.ts";

/** The parts of all wishes, or why they are not to be had; then nothing that was claimed here is kept. */
export async function claimWishes(parts: BookParts, intent: Intent): Promise<readonly Part[] | BookOutcome> {
  const taken: Part[] = [];
  try {
    for (const wish of intent.wishes) {
      const refused = await claimWish(parts, intent, wish, taken);
      if (refused === undefined) continue;
      await releaseParts(parts, intent, taken);
      return outcomeOf(parts, intent, wish, refused);
    }
  } catch (error) {
    await releaseParts(parts, intent, taken);
    throw error;
  }
  return taken;
}

function claimWish(
  parts: BookParts,
  intent: Intent,
  wish: PlannedWish,
  taken: Part[],
): Promise<Refused | undefined> {
  const [only] = wish.candidates;
  if (only === undefined) return Promise.resolve({ outcome: "sold_out", free: 0 });
  if (wish.candidates.length > 1) return claimAny(parts, intent, wish, taken);
  return claimOne(parts, intent, only, wish, taken);
}

/** An earlier attempt that took other seats has made its booking, or is about to, or its holds end as orphans. */
async function outcomeOf(
  parts: BookParts,
  { identity }: Intent,
  { chosen }: PlannedWish,
  refused: Refused,
): Promise<BookOutcome> {
  if (refused.outcome === "sold_out" && chosen) return { outcome: "seats_taken", seatNumbers: chosen };
  if (refused.outcome === "section_missing") return { outcome: "unavailable" };
  if (refused.outcome !== "held_otherwise") return refused;
  return (await earlierOutcome(parts, identity)) ?? { outcome: "busy" };
}

/**
 * Holds that cannot be released now are found later as orphans, and so are those that the same request was given at
 * another gateway since: it may be about to book them. A section that was rebuilt since the claim has what
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
    const { heldAtMs, epoch } = held;
    await parts.seats.undo(event.id, section.id, [{ bookingId, heldAtMs }], rebuilt ? undefined : epoch);
  } catch (error) {
    parts.logger.warn(
      { err: error, bookingId, sectionId: section.id },
      "a hold could not be released at once",
    );
  }
}
