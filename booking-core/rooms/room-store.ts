import type { EventId } from "../../foundation/ids.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import { type Actor, type AuditEntry, type AuditedParts, readAudit, writeAudit } from "./audit.ts";
import { announceBeacon, type BeaconAnnounced, type BeaconRevealed, revealBeacon } from "./beacon.ts";
import { commitmentOf } from "./commitment.ts";
import { settingsThatHold } from "./publish-room.ts";
import type { RoomConfig } from "./room-config.ts";

export type StoredRoom = {
  /** To be read with the schema of the waiting room. */
  readonly settings: unknown;
  readonly commitment: string;
  /** The random value from outside that was announced for the draw; the value once it is there. */
  readonly beaconSource: string | null;
  readonly beacon: string | null;
};

export type Changed = { readonly outcome: "changed"; readonly settings: RoomConfig };

/** The rooms as Postgres has them: what operators decide. `publishRoom` brings it to Redis. */
export type RoomStore = {
  find(eventId: EventId): Promise<StoredRoom | undefined>;
  /** `apply` decides on what is there; changes of one room come one after the other, and each is audited. */
  change<Refusal extends { readonly outcome: string }>(
    eventId: EventId,
    actor: Actor,
    apply: (before: unknown) => Changed | Refusal,
  ): Promise<Changed | Refusal | { readonly outcome: "not_found" }>;
  announceBeacon(eventId: EventId, actor: Actor, source: string): Promise<BeaconAnnounced>;
  revealBeacon(eventId: EventId, actor: Actor, beacon: string): Promise<BeaconRevealed>;
  /** Writes down what was done elsewhere. */
  note(eventId: EventId, actor: Actor, action: "place_removed", after: unknown): Promise<void>;
  /** Who changed what, the newest first. */
  audit(eventId: EventId, most: number): Promise<AuditEntry[]>;
};

export function createRoomStore(parts: AuditedParts): RoomStore {
  return {
    find: (eventId) => findRoom(parts.pool, eventId),
    change: (eventId, actor, apply) => changeRoom(parts, eventId, actor, apply),
    announceBeacon: (eventId, actor, source) => announceBeacon(parts, eventId, actor, source),
    revealBeacon: (eventId, actor, beacon) => revealBeacon(parts, eventId, actor, beacon),
    note: (eventId, actor, action, after) =>
      writeAudit(parts, parts.pool, { eventId, actor, action, before: null, after }),
    audit: (eventId, most) => readAudit(parts.pool, eventId, most),
  };
}

type RoomRow = { settings: unknown; draw_seed: string; beacon_source: string | null; beacon: string | null };

async function findRoom(pool: Pool, eventId: EventId): Promise<StoredRoom | undefined> {
  const found = await pool.query<RoomRow>(
    `select ${settingsThatHold}, r.draw_seed, r.beacon_source, r.beacon
       from rooms r join events e on e.id = r.event_id where e.id = $1`,
    [eventId],
  );
  const [row] = found.rows;
  if (row === undefined) return undefined;
  const { settings, draw_seed: seed, beacon_source: beaconSource, beacon } = row;
  return { settings, commitment: commitmentOf(seed), beaconSource, beacon };
}

async function changeRoom<Refusal extends { readonly outcome: string }>(
  parts: AuditedParts,
  eventId: EventId,
  actor: Actor,
  apply: (before: unknown) => Changed | Refusal,
): Promise<Changed | Refusal | { readonly outcome: "not_found" }> {
  return inTransaction(parts.pool, async (sql) => {
    const found = await sql.query<{ settings: unknown }>(
      "select settings from rooms where event_id = $1 for update",
      [eventId],
    );
    const [row] = found.rows;
    if (row === undefined) return { outcome: "not_found" };
    const applied = apply(row.settings);
    if (!isChanged(applied)) return applied;
    const { settings: after } = applied;
    await sql.query("update rooms set settings = $2 where event_id = $1", [eventId, JSON.stringify(after)]);
    await writeAudit(parts, sql, { eventId, actor, action: "room_changed", before: row.settings, after });
    return applied;
  });
}

function isChanged(applied: Changed | { readonly outcome: string }): applied is Changed {
  return applied.outcome === "changed";
}
