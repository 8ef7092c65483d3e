import { randomBytes } from "node:crypto";
import type { EventId } from "../../../foundation/ids.ts";
import type { Redis } from "../../../foundation/redis/connect.ts";
import { eventsPublishVersions } from "../../../lua/generated.ts";

/** Of each event its version; negative where it is hidden. */
export type Versions = ReadonlyMap<EventId, number>;

export type EventIndex = {
  /** Another after every change. */
  readonly revision: string;
  readonly versions: Versions;
};

/** Undefined where Redis has none (any more). The known one comes back as it is where nothing changed: one field is read. */
export async function readIndex(
  redis: Redis,
  key: string,
  known?: EventIndex,
): Promise<EventIndex | undefined> {
  if (known !== undefined && (await redis.hget(key, "revision")) === known.revision) return known;
  const { revision, ...versions } = await redis.hgetall(key);
  if (revision === undefined) return undefined;
  const entries = Object.entries(versions).map(([id, version]) => [id as EventId, Number(version)] as const);
  return { revision, versions: new Map(entries) };
}

/** `whole`: these are all events, so that they can begin an index that Redis does not have. */
export async function publishVersions(
  redis: Redis,
  key: string,
  versions: Iterable<readonly [EventId, number]>,
  { whole }: { whole: boolean },
): Promise<boolean> {
  const entries = Array.from(versions, ([id, version]) => `${id}:${version}`).join(",");
  const revision = randomBytes(12).toString("base64url");
  return (
    (await eventsPublishVersions(redis, { index: key }, { entries, revision, whole: whole ? 1 : 0 })) === 1
  );
}
