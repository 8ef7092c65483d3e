import { randomUUID } from "node:crypto";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { readSnapshot } from "./section-state.ts";

/**
 * A section in Redis whose seats a test changes as it likes, also as no script would; each change is told on its
 * channel as the scripts tell it.
 */
export type WatchedSection = {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly keys: ReturnType<typeof sectionKeys>;
  /** Builds it anew, as after a fail-over. */
  load(seats: string): Promise<void>;
  /** Writes these bytes from a seat on. */
  change(first: number, bytes: string): Promise<void>;
  /** The same, and nobody is told. */
  changeUnheard(first: number, bytes: string): Promise<void>;
};

export function watchedSection(redis: Redis, eventId: EventId = randomUUID() as EventId): WatchedSection {
  const sectionId = randomUUID() as SectionId;
  const keys = sectionKeys(eventId, sectionId);
  const count = async () => {
    const seats = (await redis.get(keys.seats)) ?? "";
    const [free, held] = ["0", "1"].map((byte) => seats.split(byte).length - 1);
    await redis.hset(keys.meta, { free: String(free), held: String(held) });
  };
  const say = async (more: { readonly changed: string } | { readonly reload: true }) => {
    const { version, epoch, free, held } = (await readSnapshot(redis, eventId, sectionId)) ?? nothing;
    await redis.spublish(keys.news, JSON.stringify({ version, epoch, free, held, ...more }));
  };
  const write = async (first: number, bytes: string) => {
    await redis.multi().setrange(keys.seats, first, bytes).hincrby(keys.meta, "version", 1).exec();
    await count();
  };
  return {
    eventId,
    sectionId,
    keys,
    async load(seats) {
      const { meta } = keys;
      await redis.multi().set(keys.seats, seats).hincrby(meta, "version", 1).hincrby(meta, "epoch", 1).exec();
      await count();
      await say({ reload: true });
    },
    async change(first, bytes) {
      await write(first, bytes);
      await say({ changed: `${first}:${bytes}` });
    },
    changeUnheard: write,
  };
}

const nothing = { version: 0, epoch: 0, free: [], held: [] };
