import type { BookParts, Intent, Part } from "./book-parts.ts";
import type { BookOutcome } from "./book-request.ts";
import { claimAny } from "./claim-any.ts";
import { claimOne, type Refused } from "./claim-section.ts";
import { earlierOutcome } from "./earlier-bookings.ts";
import type { PlannedWish } from "./planned-wish.ts";
import { apartFrom, assertApart } from "./wishes-apart.ts";

/** The parts of all wishes, or why they are not to be had; then nothing that was claimed here is kept. */
export async function claimWishes(parts: BookParts, intent: Intent): Promise<readonly Part[] | BookOutcome> {
  const taken: Part[] = [];
  try {
    for (const wish of intent.wishes) {
      const refused = await claimWish(parts, intent, apartFrom(taken, wish), taken);
      if (refused === undefined) continue;
      await releaseParts(parts, intent, taken);
      return outcomeOf(parts, intent, wish, refused);
    }
    assertApart(taken);
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
 * What the same request was given at another gateway too stays held while that one may book it. Holds that cannot be
 * released now are found later as orphans.
 */
export async function releaseParts(parts: BookParts, intent: Intent, taken: readonly Part[]): Promise<void> {
  await Promise.all(taken.map((part) => releasePart(parts, intent, part)));
}

async function releasePart(
  parts: BookParts,
  { event, identity }: Intent,
  { section, held: { heldAtMs } }: Part,
): Promise<void> {
  const { bookingId } = identity;
  try {
    await parts.seats.leave(event.id, section.id, [{ bookingId, heldAtMs }]);
  } catch (error) {
    parts.logger.warn(
      { err: error, bookingId, sectionId: section.id },
      "a hold could not be released at once",
    );
  }
}
