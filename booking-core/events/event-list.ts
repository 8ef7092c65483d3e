import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import { severalAtOnce } from "../../foundation/several-at-once.ts";
import type { OnsaleEvent } from "./event.ts";
import type { Versions } from "./read-model/event-index.ts";
import type { EventMemory } from "./read-model/event-memory.ts";

/** Events that are loaded at the same time where many are not in memory. */
const loadedAtOnce = 4;
/** An event that could not be loaded is tried again, and told again, this much later. */
const againAfterMs = 5_000;

type Listed = {
  readonly versions: Versions;
  readonly changes: number;
  readonly events: readonly OnsaleEvent[];
  readonly goodUntilMs: number;
};
type Parts = {
  readonly memory: Pick<EventMemory, "changes" | "get">;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** All events that are shown, by when they begin. One that cannot be loaded is left out and told. */
export function createEventList(parts: Parts): (versions: Versions) => Promise<readonly OnsaleEvent[]> {
  const { memory, clock } = parts;
  let listed: Listed | undefined;
  let listing: { readonly versions: Versions; readonly run: Promise<Listed> } | undefined;

  async function make(versions: Versions): Promise<Listed> {
    try {
      listed = await listShown(parts, versions);
      return listed;
    } finally {
      if (listing?.versions === versions) listing = undefined;
    }
  }

  return async (versions) => {
    if (
      listed?.versions === versions &&
      listed.changes === memory.changes() &&
      clock.now() < listed.goodUntilMs
    )
      return listed.events;
    if (listing?.versions !== versions) listing = { versions, run: make(versions) };
    return (await listing.run).events;
  };
}

async function listShown({ memory, clock, logger }: Parts, versions: Versions): Promise<Listed> {
  const shown = [...versions].filter(([, version]) => version > 0);
  const failures: { readonly eventId: EventId; readonly error: unknown }[] = [];
  const found = await severalAtOnce(shown, loadedAtOnce, ([eventId, version]) =>
    memory.get(eventId, version).catch((error: unknown) => void failures.push({ eventId, error })),
  );
  // Then the event is not what is bad.
  if (failures.length > 0 && failures.length === shown.length)
    throw new AggregateError(
      failures.map(({ error }) => error),
      `none of ${shown.length} events can be loaded`,
    );
  for (const { eventId, error } of failures)
    logger.error({ err: error, eventId }, "an event cannot be loaded and is left out");
  const events = found.flatMap((one) => one?.event ?? []).sort(byStart);
  const goodUntilMs = failures.length === 0 ? Number.POSITIVE_INFINITY : clock.now() + againAfterMs;
  return { versions, changes: memory.changes(), events, goodUntilMs };
}

const byStart = (one: OnsaleEvent, other: OnsaleEvent) =>
  one.startsAtMs - other.startsAtMs || (one.id < other.id ? -1 : 1);
