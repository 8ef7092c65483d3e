import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";

/** Seats that are free, and those that are held and may come back. */
export type SectionCounts = { readonly free: number; readonly held: number };

/**
 * Free and held seats of a section at one moment: a seat that changes hands meanwhile is never in neither, so a
 * section is not called sold out that is not. Nothing where the section is not loaded.
 */
export async function countSection(
  redis: Redis,
  eventId: EventId,
  sectionId: SectionId,
): Promise<SectionCounts | undefined> {
  const keys = sectionKeys(eventId, sectionId);
  const replies = await redis.multi().hget(keys.meta, "free").zrange(keys.unpaid, 0, -1).exec();
  const [free, unpaid] = (replies ?? []).map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  }) as [string | null | undefined, string[] | undefined];
  if (unpaid === undefined) throw new Error("a section could not be read");
  if (free === null || free === undefined) return undefined;
  return { free: Number(free), held: await countHeld(redis, keys.holds, unpaid) };
}

/** A hold that has ended since counts as one seat: it was there when the free ones were counted. */
async function countHeld(redis: Redis, holds: string, bookingIds: readonly string[]): Promise<number> {
  if (bookingIds.length === 0) return 0;
  const texts = await redis.hmget(holds, ...bookingIds);
  return texts.reduce((sum, text) => sum + Number(text?.split("|")[4] ?? 1), 0);
}
