import type { Clock } from "../../../foundation/clock.ts";
import type { EventId } from "../../../foundation/ids.ts";
import type { EventIndex, Versions } from "./event-index.ts";
import type { ReadModel } from "./read-model.ts";

/** Older than this, the versions are asked for anew, while the known ones are still given out. */
const freshMs = 250;
/** Older than this, the answer is waited for: with the publisher's 250 ms an edit is seen within a second. */
const staleMs = 500;
/** An event that is not known may be new: then they are asked for anew, but not more often than this. */
const unknownMs = 50;
/** So long after Redis was last heard the known ones are given out; then Postgres is asked, every `freshMs`. */
const withoutRedisMs = 30_000;

type Known = {
  readonly askedAtMs: number;
  /** When Redis or Postgres last said that this is how things are. */
  readonly heardAtMs: number;
  readonly index: EventIndex | undefined;
  readonly versions: Versions;
};

type WatchParts = {
  readonly readModel: Pick<ReadModel, "index" | "versionsInPostgres">;
  readonly clock: Clock;
  /** Hears every change. */
  moved(versions: Versions): void;
};

/** Which events there are, and in which version: however many ask, Redis is read at most four times a second. */
export function createVersionWatch({ readModel, clock, moved }: WatchParts) {
  let known: Known | undefined;
  let asking: Promise<Known> | undefined;

  async function ask(): Promise<Known> {
    const askedAtMs = clock.now();
    const before = known;
    known = await askRedisFirst(askedAtMs);
    if (known.versions !== before?.versions) moved(known.versions);
    return known;
  }

  async function askRedisFirst(askedAtMs: number): Promise<Known> {
    const index = await readModel.index(known?.index);
    if (index !== "away") return { askedAtMs, heardAtMs: askedAtMs, index, versions: index.versions };
    if (known !== undefined && askedAtMs - known.heardAtMs < withoutRedisMs) return { ...known, askedAtMs };
    const versions = await readModel.versionsInPostgres();
    return { askedAtMs, heardAtMs: known?.heardAtMs ?? 0, index: undefined, versions };
  }

  function askShared(): Promise<Known> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  function fresh(): Known | undefined {
    return known !== undefined && clock.now() - known.askedAtMs < freshMs ? known : undefined;
  }

  async function current(): Promise<Known> {
    if (known === undefined) return askShared();
    const seen = fresh();
    if (seen !== undefined) return seen;
    const ageMs = clock.now() - known.askedAtMs;
    const run = askShared();
    const isAway = known.askedAtMs > known.heardAtMs && clock.now() - known.heardAtMs < withoutRedisMs;
    if (ageMs >= staleMs && !isAway) return run;
    // Nobody waits for this run; where it fails, the next one is waited for.
    run.catch(() => undefined);
    return known;
  }

  return {
    versions: async (): Promise<Versions> => (await current()).versions,
    /** Nothing where there is more to ask than memory; negative where the event is hidden. */
    freshVersionOf: (eventId: EventId): number | undefined => fresh()?.versions.get(eventId),
    /** Undefined where there is no such event, or it is hidden. */
    async versionOf(eventId: EventId): Promise<number | undefined> {
      let { versions, askedAtMs } = await current();
      if (!versions.has(eventId) && clock.now() - askedAtMs >= unknownMs) ({ versions } = await askShared());
      const version = versions.get(eventId) ?? 0;
      return version > 0 ? version : undefined;
    },
  };
}
