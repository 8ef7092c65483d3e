import type { Clock } from "../../foundation/clock.ts";
import type { EventId } from "../../foundation/ids.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { type Actor, type AuditedParts, writeAudit } from "./audit.ts";
import type { RoomConfig } from "./room-config.ts";

export type BeaconAnnounced = "announced" | "lobby_begun" | "lobby_closed" | "not_found";
export type BeaconRevealed = "revealed" | "known" | "not_announced" | "lobby_open" | "not_found";

type BeaconRow = {
  settings: RoomConfig;
  beacon_source: string | null;
  beacon: string | null;
  lists_closed: boolean;
};

/**
 * Says which random value from outside is mixed into the draw. Refused from the lobby's opening on, and once its
 * lists are closed: whoever saw the entrants or a value could choose a source by them.
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
    if (hasBegun(row.settings, parts.clock)) return "lobby_begun";
    await sql.query("update rooms set beacon_source = $2, beacon_announced_at = $3 where event_id = $1", [
      eventId,
      source,
      new Date(parts.clock.now()),
    ]);
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

function hasBegun({ lobbyAtMs }: RoomConfig, clock: Clock): boolean {
  if (typeof lobbyAtMs !== "number") throw new Error("the settings of a room have no time of the lobby");
  return clock.now() >= lobbyAtMs;
}

async function readBeacon(sql: Sql, eventId: EventId): Promise<BeaconRow | undefined> {
  const found = await sql.query<BeaconRow>(
    `select settings, beacon_source, beacon, draw_lists is not null as lists_closed
       from rooms where event_id = $1 for update`,
    [eventId],
  );
  return found.rows[0];
}
