import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { OnsaleEvent } from "./event.ts";
import type { Versions } from "./read-model/event-index.ts";
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

export function createCatalogue({
  readModel,
  clock,
}: {
  readModel: ReadModel;
  clock: Clock;
}): Catalogue & EventVersions {
  const memory = createEventMemory(readModel);
  const watch = createVersionWatch({ readModel, clock, moved: memory.follow });

  let listed: { versions: Versions; changes: number; events: readonly OnsaleEvent[] } | undefined;

  async function list(): Promise<readonly OnsaleEvent[]> {
    const versions = await watch.versions();
    if (listed?.versions === versions && listed.changes === memory.changes()) return listed.events;
    const shown = [...versions].filter(([, version]) => version > 0);
    const found = await severalAtOnce(shown, loadedAtOnce, ([id, version]) => memory.get(id, version));
    const events = found.flatMap((one) => one?.event ?? []).sort(byStart);
    listed = { versions, changes: memory.changes(), events };
    return events;
  }

  async function published(eventId: EventId) {
    const version = await watch.versionOf(eventId);
    return version === undefined ? undefined : memory.get(eventId, version);
  }

  return {
    list,
    find: async (eventId) => (await published(eventId))?.event,
    version: async (eventId) => (await published(eventId))?.version,
  };
}

const byStart = (one: OnsaleEvent, other: OnsaleEvent) =>
  one.startsAtMs - other.startsAtMs || (one.id < other.id ? -1 : 1);
