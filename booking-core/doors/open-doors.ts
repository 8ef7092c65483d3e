import type { Clock } from "../../foundation/clock.ts";
import type { DoorId, EventId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Door } from "./scan.ts";

type Known = { readonly door: Door | undefined; readonly readAtMs: number };

const { knownMs, remembered } = limits.doors;

/** Which doors are open, remembered for a moment: a device asks with every scan. */
export function createOpenDoors({ pool, clock }: { pool: Pool; clock: Clock }) {
  const known = new Map<DoorId, Known>();
  const read = async (doorId: DoorId): Promise<Door | undefined> => {
    const readAtMs = clock.now();
    const door = await readOpen(pool, doorId);
    if (known.size >= remembered) known.clear();
    known.set(doorId, { door, readAtMs });
    return door;
  };
  return (doorId: DoorId): Promise<Door | undefined> | Door | undefined => {
    const last = known.get(doorId);
    return last !== undefined && clock.now() - last.readAtMs < knownMs ? last.door : read(doorId);
  };
}

async function readOpen(pool: Pool, doorId: DoorId): Promise<Door | undefined> {
  const found = await pool.query<{ event_id: EventId; name: string }>(
    "select event_id, name from doors where id = $1 and closed_at is null",
    [doorId],
  );
  const [row] = found.rows;
  return row && { eventId: row.event_id, doorId, name: row.name };
}
