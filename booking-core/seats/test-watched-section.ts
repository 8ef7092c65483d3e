import { randomUUID } from "node:crypto";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import type { SectionPicture } from "./section-picture.ts";

/** A section in Redis whose seats a test changes as it likes; each change is told on its channel. */
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
  const say = async (more: { readonly changed: string } | { readonly reload: true }) => {
    const { version, epoch, free, held } = (await readTestSection(redis)(eventId, sectionId)) ?? nothing;
    await redis.spublish(keys.news, JSON.stringify({ version, epoch, free, held, ...more }));
  };
  const write = async (first: number, bytes: string) => {
    await redis.multi().setrange(keys.seats, first, bytes).hincrby(keys.meta, "version", 1).exec();
  };
  return {
    eventId,
    sectionId,
    keys,
    async load(seats) {
      const { meta } = keys;
      await redis.multi().set(keys.seats, seats).hincrby(meta, "version", 1).hincrby(meta, "epoch", 1).exec();
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

export function readTestSection(redis: Redis) {
  return async (eventId: EventId, sectionId: SectionId): Promise<SectionPicture | undefined> => {
    const keys = sectionKeys(eventId, sectionId);
    const replies = await redis.multi().hmget(keys.meta, "version", "epoch").getBuffer(keys.seats).exec();
    const [[version, epoch], seats] = (replies ?? []).map(([, reply]) => reply) as [string[], Buffer];
    if (version == null) return undefined;
    const count = (state: string) => seats.toString("latin1").split(state).length - 1;
    return {
      version: Number(version),
      epoch: Number(epoch),
      free: [count("0")],
      held: [count("1")],
      seats,
    };
  };
}
