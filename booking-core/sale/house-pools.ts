import { hashCode } from "../../foundation/code-hash.ts";
import type { EventId } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import type { HousePool } from "../events/event.ts";
import { type Actor, type AuditedParts, writeAudit } from "../rooms/audit.ts";
import { houseClass, type SeatClass, seatClasses } from "../seats/seat-bytes.ts";
import { readRules } from "./sale-rules.ts";

export type NewPool = { readonly letter: string; readonly name: string; readonly code: string };
export type PoolOutcome =
  | { readonly outcome: "set"; readonly pools: readonly HousePool[]; readonly fresh: boolean }
  | { readonly outcome: "not_found" | "pool_code_used" };

const firstLetter = "A".charCodeAt(0);

/** Pools are drawn in plans by the letters `A` to `T`. */
export function classOfLetter(letter: string): SeatClass {
  return houseClass(letter.charCodeAt(0) - firstLetter);
}

export function letterOfClass(seatClass: SeatClass): string {
  return String.fromCharCode(firstLetter + seatClass - seatClasses.firstHouse);
}

/** Makes the pool of this letter, or gives it another name and code. Of the code only its hash is kept. */
export async function setPool(
  parts: AuditedParts,
  actor: Actor,
  eventId: EventId,
  { letter, name, code }: NewPool,
): Promise<PoolOutcome> {
  const pool: HousePool = { seatClass: classOfLetter(letter), name, codeHash: hashCode(code) };
  return inTransaction(parts.pool, async (sql) => {
    const rules = await readRules(sql, eventId, "for no key update");
    if (rules === undefined) return { outcome: "not_found" };
    const others = rules.pools.filter(({ seatClass }) => seatClass !== pool.seatClass);
    if (others.some(({ codeHash }) => codeHash === pool.codeHash)) return { outcome: "pool_code_used" };
    const known = rules.pools.find(({ seatClass }) => seatClass === pool.seatClass);
    const pools = [...others, pool].toSorted((left, right) => left.seatClass - right.seatClass);
    await sql.query("update events set pools = $2 where id = $1", [eventId, JSON.stringify(pools)]);
    const before = known === undefined ? null : { letter, name: known.name };
    await writeAudit(parts, sql, { eventId, actor, action: "pool_set", before, after: { letter, name } });
    return { outcome: "set", pools, fresh: known === undefined };
  });
}
