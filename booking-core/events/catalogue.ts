import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { OnsaleEvent } from "./event.ts";
import { readEvents } from "./read-events.ts";

/** The events that buyers may see. Answers from memory; however many ask, Postgres is read once a second. */
export type Catalogue = {
  list(): Promise<readonly OnsaleEvent[]>;
  find(eventId: EventId): Promise<OnsaleEvent | undefined>;
};

/** Older than this, the events are read anew, while the known ones are still given out. */
const freshMs = 500;
/** Older than this, they are given out no more: an edit is seen everywhere after this time. */
const staleMs = 1_000;

/** An event that is not known may be new: then they are read anew, but not more often than this. */
const unknownMs = 50;

type Known = { readonly readAtMs: number; readonly events: ReadonlyMap<EventId, OnsaleEvent> };

export function createCatalogue({ pool, clock }: { pool: Pool; clock: Clock }): Catalogue {
  let known: Known | undefined;
  let reading: Promise<Known> | undefined;

  async function read(): Promise<Known> {
    const readAtMs = clock.now();
    const events = await readEvents(pool);
    known = { readAtMs, events: new Map(events.map((event) => [event.id, event])) };
    return known;
  }

  function readShared(): Promise<Known> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function current(): Promise<Known> {
    if (known !== undefined && clock.now() - known.readAtMs < freshMs) return known;
    const run = readShared();
    if (known === undefined || clock.now() - known.readAtMs >= staleMs) return run;
    // Nobody waits for this run; where it fails, the next one is waited for.
    run.catch(() => undefined);
    return known;
  }

  return {
    list: async () => [...(await current()).events.values()],
    find: async (eventId) => {
      const found = (await current()).events.get(eventId);
      if (found !== undefined || known === undefined || clock.now() - known.readAtMs < unknownMs)
        return found;
      return (await readShared()).events.get(eventId);
    },
  };
}
