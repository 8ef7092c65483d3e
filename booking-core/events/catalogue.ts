import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import type { OnsaleEvent } from "./event.ts";
import { createEventList } from "./event-list.ts";
import { createEventMemory } from "./read-model/event-memory.ts";
import type { PublishedEvent } from "./read-model/published-event.ts";
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

type MaybeLater<Value> = Value | Promise<Value>;

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

  /** Nearly always from memory, and then without the promises of those who may have to ask. */
  function published(eventId: EventId): MaybeLater<PublishedEvent | undefined> {
    const version = watch.freshVersionOf(eventId);
    const held = version !== undefined && version > 0 ? memory.heldSince(eventId, version) : undefined;
    return held ?? ask(eventId);
  }

  async function ask(eventId: EventId): Promise<PublishedEvent | undefined> {
    const version = await watch.versionOf(eventId);
    return version === undefined ? undefined : memory.get(eventId, version);
  }

  return {
    list: async () => listOf(await watch.versions()),
    find: async (eventId) => (await published(eventId))?.event,
    version: async (eventId) => (await published(eventId))?.version,
  };
}
