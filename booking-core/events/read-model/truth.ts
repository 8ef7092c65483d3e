import type { EventId } from "../../../foundation/ids.ts";
import { inTransaction, type Pool } from "../../../foundation/postgres/pool.ts";
import { readEvents } from "../read-events.ts";
import type { Versions } from "./event-index.ts";
import type { PublishedEvent } from "./published-event.ts";

/** What Postgres says. An index answers this alone. */
export async function readVersions(pool: Pool): Promise<Versions> {
  const { rows } = await pool.query<{ id: EventId; version: bigint; hidden: boolean }>(
    "select id, version, status = 'inactive' as hidden from events",
  );
  return new Map(rows.map(({ id, version, hidden }) => [id, hidden ? -Number(version) : Number(version)]));
}

/** The event and its version, of one moment; undefined where it is not there or hidden. */
export function readTruth(pool: Pool, eventId: EventId): Promise<PublishedEvent | undefined> {
  return inTransaction(pool, async (sql) => {
    await sql.query("set transaction isolation level repeatable read, read only");
    const found = await sql.query<{ version: bigint }>("select version from events where id = $1", [eventId]);
    const [event] = await readEvents(sql, eventId);
    const version = found.rows[0]?.version;
    return event === undefined || version === undefined
      ? undefined
      : { version: Number(version), event, parts: new Map() };
  });
}
