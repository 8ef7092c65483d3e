import type { Clock } from "../../foundation/clock.ts";
import type { DoorId, EventId, IdSource } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import type { Tokens } from "../../foundation/tokens.ts";
import { type Actor, writeAudit } from "../rooms/audit.ts";
import { createOpenDoors } from "./open-doors.ts";
import type { Door } from "./scan.ts";

export type DoorRecord = {
  readonly id: DoorId;
  readonly name: string;
  readonly createdAtMs: number;
  readonly closedAtMs: number | null;
  /** Of all its scans, those that let somebody in. */
  readonly admitted: number;
  readonly scans: number;
};

export type DoorMade =
  | { readonly outcome: "made"; readonly door: Door; readonly token: string; readonly endsAtMs: number }
  | { readonly outcome: "not_found" | "door_name_used" | "too_many_doors" };

export type Doors = {
  /** The device's token is in this answer and nowhere else. */
  make(actor: Actor, eventId: EventId, name: string): Promise<DoorMade>;
  list(eventId: EventId): Promise<DoorRecord[]>;
  /** Its token is refused from then on, a second later at the latest. Closing again changes nothing. */
  close(actor: Actor, eventId: EventId, doorId: DoorId): Promise<"closed" | "not_found">;
  /** The door of a token, as long as it is open. Answers from memory where it can. */
  open(doorId: DoorId): Promise<Door | undefined> | Door | undefined;
};

type DoorParts = {
  readonly pool: Pool;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly tokens: Pick<Tokens, "sign">;
};

export function createDoors(parts: DoorParts): Doors {
  const { pool, tokens, clock } = parts;
  return {
    async make(actor, eventId, name) {
      const made = await insertDoor(parts, actor, eventId, name);
      if (made.outcome !== "made") return made;
      const { door, startsAtMs } = made;
      const endsAtMs = Math.max(clock.now(), startsAtMs) + limits.doors.scanAgeMs;
      const token = tokens.sign("door", { eventId, doorId: door.doorId }, endsAtMs);
      return { outcome: "made", door, token, endsAtMs };
    },
    list: (eventId) => listDoors(pool, eventId),
    close: (actor, eventId, doorId) => closeDoor(parts, actor, eventId, doorId),
    open: createOpenDoors(parts),
  };
}

type Inserted =
  | { readonly outcome: "made"; readonly door: Door; readonly startsAtMs: number }
  | { readonly outcome: "not_found" | "door_name_used" | "too_many_doors" };

function insertDoor(parts: DoorParts, actor: Actor, eventId: EventId, name: string): Promise<Inserted> {
  return inTransaction(parts.pool, async (sql): Promise<Inserted> => {
    const found = await sql.query<{ starts_at: Date; doors: number }>(
      `select starts_at, (select count(*)::int from doors where event_id = e.id) as doors
         from events e where id = $1 and status <> 'inactive'`,
      [eventId],
    );
    const [event] = found.rows;
    if (event === undefined) return { outcome: "not_found" };
    if (event.doors >= limits.doors.most) return { outcome: "too_many_doors" };
    const doorId = parts.ids.next<DoorId>();
    const inserted = await sql.query(
      `insert into doors (id, event_id, name, created_by) values ($1, $2, $3, $4)
       on conflict (event_id, name) do nothing`,
      [doorId, eventId, name, actor.id],
    );
    if (inserted.rowCount === 0) return { outcome: "door_name_used" };
    await writeAudit(parts, sql, {
      eventId,
      actor,
      action: "door_made",
      before: null,
      after: { doorId, name },
    });
    return { outcome: "made", door: { eventId, doorId, name }, startsAtMs: event.starts_at.getTime() };
  });
}

function closeDoor(
  parts: DoorParts,
  actor: Actor,
  eventId: EventId,
  doorId: DoorId,
): Promise<"closed" | "not_found"> {
  return inTransaction(parts.pool, async (sql) => {
    const closed = await sql.query<{ name: string }>(
      "update doors set closed_at = now() where id = $1 and event_id = $2 and closed_at is null returning name",
      [doorId, eventId],
    );
    const [door] = closed.rows;
    if (door !== undefined) {
      const { name } = door;
      const after = { doorId, name };
      await writeAudit(parts, sql, { eventId, actor, action: "door_closed", before: null, after });
      return "closed";
    }
    const known = await sql.query("select from doors where id = $1 and event_id = $2", [doorId, eventId]);
    return known.rowCount === 1 ? "closed" : "not_found";
  });
}

async function listDoors(pool: Pool, eventId: EventId): Promise<DoorRecord[]> {
  const { rows } = await pool.query<{
    id: DoorId;
    name: string;
    created_at: Date;
    closed_at: Date | null;
    admitted: number;
    scans: number;
  }>(
    `select d.*, coalesce(c.admitted, 0)::int as admitted, coalesce(c.scans, 0)::int as scans
       from doors d
       left join (select door_id, count(*) filter (where result = 'admitted') as admitted, count(*) as scans
                    from check_ins where event_id = $1 group by door_id) c on c.door_id = d.id
      where d.event_id = $1 order by d.created_at, d.id`,
    [eventId],
  );
  return rows.map(({ id, name, created_at: createdAt, closed_at: closedAt, admitted, scans }) => {
    return {
      id,
      name,
      createdAtMs: createdAt.getTime(),
      closedAtMs: closedAt?.getTime() ?? null,
      admitted,
      scans,
    };
  });
}
