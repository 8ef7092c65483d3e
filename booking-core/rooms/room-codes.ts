import { randomInt } from "node:crypto";
import { hashCode } from "../../foundation/code-hash.ts";
import type { EventId } from "../../foundation/ids.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { type Actor, type AuditedParts, writeAudit } from "./audit.ts";
import type { RoomConfig } from "./room-config.ts";
import { laneNames } from "./room-marks.ts";

export type NewCodes = {
  readonly lane: string;
  readonly kind: "single" | "multi";
  /** Of each code with many uses. */
  readonly uses?: number | undefined;
  readonly endsAtMs: number;
  readonly count: number;
};

export type CodesCreated =
  | { readonly outcome: "created"; readonly codes: readonly string[] }
  | { readonly outcome: "lane_unknown" | "not_found" };

/** Codes that were made together. */
export type CodeBatch = {
  readonly lane: string;
  readonly uses: number;
  readonly endsAtMs: number;
  readonly createdAtMs: number;
  readonly count: number;
};

/** The codes of the lanes. `publishRoom` brings new ones to Redis, where their uses are counted. */
export type RoomCodes = {
  /** The codes in the clear are in this answer and nowhere else. */
  create(eventId: EventId, actor: Actor, wanted: NewCodes): Promise<CodesCreated>;
  list(eventId: EventId): Promise<CodeBatch[]>;
};

/** Without 0, O, 1, I and L, which look alike. */
const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const codeChars = 12;
export const codesAtOnce = 10_000;

export function createRoomCodes(parts: AuditedParts): RoomCodes {
  return {
    create: (eventId, actor, wanted) => createCodes(parts, eventId, actor, wanted),
    list: (eventId) => listCodes(parts.pool, eventId),
  };
}

async function createCodes(
  parts: AuditedParts,
  eventId: EventId,
  actor: Actor,
  wanted: NewCodes,
): Promise<CodesCreated> {
  const { lane, kind, endsAtMs, count } = wanted;
  const uses = kind === "single" ? 1 : wanted.uses;
  if (uses === undefined || count > codesAtOnce)
    throw new Error("codes with unknown uses, or too many at once");
  return inTransaction(parts.pool, async (sql) => {
    const found = await sql.query<{ settings: RoomConfig }>(
      "select settings from rooms where event_id = $1 for share",
      [eventId],
    );
    const [room] = found.rows;
    if (room === undefined) return { outcome: "not_found" };
    if (!laneNames(room.settings).includes(lane)) return { outcome: "lane_unknown" };
    const codes = Array.from({ length: count }, newCode);
    await insertCodes(sql, eventId, actor, codes, { lane, uses, endsAtMs });
    const after = { lane, uses, endsAtMs, count };
    await writeAudit(parts, sql, { eventId, actor, action: "codes_created", before: null, after });
    return { outcome: "created", codes };
  });
}

function newCode(): string {
  return Array.from({ length: codeChars }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}

async function insertCodes(
  sql: Sql,
  eventId: EventId,
  actor: Actor,
  codes: readonly string[],
  of: { lane: string; uses: number; endsAtMs: number },
): Promise<void> {
  await sql.query(
    `insert into room_codes (event_id, hash, lane, uses, ends_at, created_by)
     select $1, hash, $3, $4, $5, $6 from unnest($2::text[]) as hash`,
    [eventId, codes.map(hashCode), of.lane, of.uses, new Date(of.endsAtMs), actor.id],
  );
}

type BatchRow = { lane: string; uses: number; ends_at: Date; created_at: Date; count: bigint };

async function listCodes(sql: Sql, eventId: EventId): Promise<CodeBatch[]> {
  const found = await sql.query<BatchRow>(
    `select lane, uses, ends_at, created_at, count(*) as count from room_codes
      where event_id = $1 group by lane, uses, ends_at, created_at order by created_at desc, lane`,
    [eventId],
  );
  return found.rows.map(({ lane, uses, ends_at, created_at, count }) => ({
    lane,
    uses,
    endsAtMs: ends_at.getTime(),
    createdAtMs: created_at.getTime(),
    count: Number(count),
  }));
}
