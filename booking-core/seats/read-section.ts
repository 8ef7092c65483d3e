import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import type { SectionPicture } from "./section-picture.ts";

/** The section as Redis has it, all of one moment. */
export async function readSection(
  redis: Redis,
  eventId: EventId,
  sectionId: SectionId,
): Promise<SectionPicture | undefined> {
  const keys = sectionKeys(eventId, sectionId);
  const replies = await redis.multi().hmget(keys.meta, "version", "epoch", "free").get(keys.seats).exec();
  const [meta, letters] = (replies ?? []).map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  }) as [(string | null)[] | undefined, string | null];
  if (meta === undefined) throw new Error("a section could not be read");
  const [version, epoch, free] = meta;
  if (version == null) return undefined;
  const seats = Buffer.from((letters ?? "").replace(/[fhsb]/g, (letter) => bytes[letter] ?? "0"), "latin1");
  return { version: Number(version), epoch: Number(epoch), free: [Number(free)], held: [], seats };
}

const bytes: Readonly<Record<string, string>> = { f: "0", h: "1", s: "2", b: "9" };
