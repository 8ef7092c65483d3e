import type { EventId } from "../../../foundation/ids.ts";
import type { Versions } from "./event-index.ts";
import type { PublishedEvent } from "./published-event.ts";
import type { ReadModel } from "./read-model.ts";

export type EventMemory = ReturnType<typeof createEventMemory>;

/** The events that this process has parsed. However many ask for one at once, it is loaded once. */
export function createEventMemory(readModel: Pick<ReadModel, "load">) {
  const held = new Map<EventId, PublishedEvent>();
  const loading = new Map<EventId, Promise<PublishedEvent | undefined>>();
  let changes = 0;

  function load(eventId: EventId, version: number): Promise<PublishedEvent | undefined> {
    const running = loading.get(eventId);
    if (running !== undefined) return running;
    const run = readModel
      .load(eventId, version, held.get(eventId))
      .then((loaded) => keep(eventId, loaded))
      .finally(() => loading.delete(eventId));
    loading.set(eventId, run);
    return run;
  }

  function keep(eventId: EventId, loaded: PublishedEvent | undefined): PublishedEvent | undefined {
    const before = held.get(eventId);
    changes += 1;
    if (loaded === undefined) held.delete(eventId);
    else if (before === undefined || loaded.version > before.version) held.set(eventId, loaded);
    return held.get(eventId);
  }

  function heldSince(eventId: EventId, version: number): PublishedEvent | undefined {
    const known = held.get(eventId);
    return known !== undefined && known.version >= version ? known : undefined;
  }

  return {
    /** Another number after every change of what is held. */
    changes: () => changes,
    /** This version or a newer one, where it need not be loaded. */
    heldSince,
    /** This version or a newer one. */
    async get(eventId: EventId, version: number): Promise<PublishedEvent | undefined> {
      return heldSince(eventId, version) ?? load(eventId, version);
    },
    /** Loads what has moved before anybody asks for it, and forgets what is hidden. */
    follow(versions: Versions): void {
      for (const [eventId, { version }] of held) {
        const current = versions.get(eventId) ?? 0;
        if (current <= 0) held.delete(eventId);
        // What fails here is loaded by whoever asks for it, who then hears of the failure.
        else if (current > version) load(eventId, current).catch(() => undefined);
      }
    },
  };
}
