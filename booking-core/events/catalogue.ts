import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { OnsaleEvent } from "./event.ts";
import { createEventMemory } from "./read-model/event-memory.ts";
import type { ReadModel } from "./read-model/read-model.ts";
import { severalAtOnce } from "./read-model/several-at-once.ts";
import { createVersionWatch } from "./read-model/version-watch.ts";

/** The events that buyers may see. Answers from memory; Redis is asked what has changed, Postgres almost never. */
export type Catalogue = {
  list(): Promise<readonly OnsaleEvent[]>;
  find(eventId: EventId): Promise<OnsaleEvent | undefined>;
};

export type EventVersions = {
  /** Grows with every change of the event: for what is kept about it elsewhere. */
  version(eventId: EventId): Promise<number | undefined>;
};

/** Events that are loaded at the same time where many are not in memory. */
const loadedAtOnce = 4;

export function createCatalogue({ readModel, clock }: { readModel: ReadModel; clock: Clock }): Catalogue & EventVersions {
  const memory = createEventMemory(readModel);
  const watch = createVersionWatch({ readModel, clock, moved: memory.follow });

  async function published(eventId: EventId) {
    const version = await watch.versionOf(eventId);
    return version === undefined ? undefined : memory.get(eventId, version);
  }

  return {
    list: async () => {
      const shown = [...(await watch.versions())].filter(([, version]) => version > 0);
      const events = await severalAtOnce(shown, loadedAtOnce, ([id, version]) => memory.get(id, version));
      return events
        .flatMap((found) => found?.event ?? [])
        .sort((one, other) => one.startsAtMs - other.startsAtMs || (one.id < other.id ? -1 : 1));
    },
    find: async (eventId) => (await published(eventId))?.event,
    version: async (eventId) => (await published(eventId))?.version,
  };
}
