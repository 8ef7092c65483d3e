import type { EventId } from "../../../foundation/ids.ts";
import { severalAtOnce } from "../../../foundation/several-at-once.ts";
import type { EventIndex } from "./event-index.ts";
import type { ReadModel } from "./read-model.ts";

/** Events that are brought to Redis at the same time. */
const atOnce = 8;

/**
 * For `repeat`: brings to Redis what was changed in Postgres, by whomever and however. An event that cannot be
 * brought keeps no other from it, and is tried again the next time.
 */
export function createChangePublisher(readModel: ReadModel): () => Promise<void> {
  let known: EventIndex | undefined;
  return async () => {
    const index = await readModel.index(known);
    // Without Redis nothing is published, and nothing is lost: the versions are compared again when it is back.
    if (index === "away") return;
    known = index;
    const truth = await readModel.versionsInPostgres();
    const moved = [...truth].filter(([id, version]) => isNewer(version, index, id));
    // The index was read first: what it has and Postgres has not, is gone.
    const gone = [...index.versions].filter(([id, version]) => version > 0 && !truth.has(id));
    await readModel.hide([
      ...moved.filter(([, version]) => version < 0),
      ...gone.map(([id, version]) => [id, -version - 1] as const),
    ]);
    const shown = moved.filter(([, version]) => version > 0);
    await severalAtOnce(shown, atOnce, ([id]) => readModel.publish(id));
  };
}

const isNewer = (version: number, index: EventIndex, id: EventId) =>
  Math.abs(version) > Math.abs(index.versions.get(id) ?? 0);
