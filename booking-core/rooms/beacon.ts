import type { EventId } from "../../foundation/ids.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { type Actor, type AuditedParts, writeAudit } from "./audit.ts";

export type BeaconAnnounced = "announced" | "lobby_closed" | "not_found";
export type BeaconRevealed = "revealed" | "known" | "not_announced" | "lobby_open" | "not_found";

type BeaconRow = { beacon_source: string | null; beacon: string | null; lists_closed: boolean };

/**
 * Says which random value from outside is mixed into the draw. Refused once the lobby's lists are closed: from
 * then on the operator could choose among values that are known.
 */
export function announceBeacon(
  parts: AuditedParts,
  eventId: EventId,
  actor: Actor,
  source: string,
): Promise<BeaconAnnounced> {
  return inTransaction(parts.pool, async (sql) => {
    const row = await readBeacon(sql, eventId);
    if (row === undefined) return "not_found";
    if (row.lists_closed) return "lobby_closed";
    await sql.query("update rooms set beacon_source = $2 where event_id = $1", [eventId, source]);
    const [before, after] = [{ source: row.beacon_source }, { source }];
    await writeAudit(parts, sql, { eventId, actor, action: "beacon_announced", before, after });
    return "announced";
  });
}

/** Hands in the announced value, in hex, after the lists were closed; the first one counts. */
export function revealBeacon(
  parts: AuditedParts,
  eventId: EventId,
  actor: Actor,
  beacon: string,
): Promise<BeaconRevealed> {
  return inTransaction(parts.pool, async (sql) => {
    const row = await readBeacon(sql, eventId);
    if (row === undefined) return "not_found";
    if (row.beacon_source === null) return "not_announced";
    if (!row.lists_closed) return "lobby_open";
    if (row.beacon !== null) return "known";
    await sql.query("update rooms set beacon = $2 where event_id = $1", [eventId, beacon]);
    await writeAudit(parts, sql, {
      eventId,
      actor,
      action: "beacon_revealed",
      before: null,
      after: { beacon },
    });
    return "revealed";
  });
}

async function readBeacon(sql: Sql, eventId: EventId): Promise<BeaconRow | undefined> {
  const found = await sql.query<BeaconRow>(
    "select beacon_source, beacon, draw_lists is not null as lists_closed from rooms where event_id = $1 for update",
    [eventId],
  );
  return found.rows[0];
}
