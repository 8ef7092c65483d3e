import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import type { OnsaleEvent } from "./event.ts";
import { createEventList } from "./event-list.ts";
import { createEventMemory } from "./read-model/event-memory.ts";
import type { ReadModel } from "./read-model/read-model.ts";
import { createVersionWatch } from "./read-model/version-watch.ts";

/** The events that buyers may see. Answers from memory; Redis is asked what has changed, Postgres almost never. */
export type Catalogue = {
  /** Without those that cannot be loaded, which are told in the log. */
  list(): Promise<readonly OnsaleEvent[]>;
  find(eventId: EventId): Promise<OnsaleEvent | undefined>;
};

export type EventVersions = {
  /** Grows with every change of the event: for what is kept about it elsewhere. */
  version(eventId: EventId): Promise<number | undefined>;
};

export function createCatalogue({
  readModel,
  clock,
  logger,
}: {
  readModel: ReadModel;
  clock: Clock;
  logger: Logger;
}): Catalogue & EventVersions {
  const memory = createEventMemory(readModel);
  const watch = createVersionWatch({ readModel, clock, moved: memory.follow });
  const listOf = createEventList({ memory, clock, logger });

  async function published(eventId: EventId) {
    const version = await watch.versionOf(eventId);
    return version === undefined ? undefined : memory.get(eventId, version);
  }

  return {
    list: async () => listOf(await watch.versions()),
    find: async (eventId) => (await published(eventId))?.event,
    version: async (eventId) => (await published(eventId))?.version,
  };
}
