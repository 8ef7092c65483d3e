import pg from "pg";
import type { EventId } from "../../foundation/ids.ts";
import type { Jobs } from "../../foundation/jobs/boss.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import type { BuyingRules, HousePool, RefundPolicy } from "../events/event.ts";
import { type Actor, type AuditedParts, writeAudit } from "../rooms/audit.ts";

type ChangeableRules = BuyingRules & { readonly refundPolicy: RefundPolicy | null };
export type SaleRules = ChangeableRules & { readonly pools: readonly HousePool[] };
export type RuleChanges = Partial<ChangeableRules>;
export type RulesParts = AuditedParts & { readonly jobs: Jobs };

/** Gateways know the events of a second ago: what they book until then under the old rules is counted afterwards. */
const settledMs = 5_000;

const attempts = 5;
const deadlockDetected = "40P01";

/**
 * A bound that is set counts under a lock of all bookings. A gateway that still knows the bound of before counts a
 * buyer first and writes the booking then: the two can wait for each other, and whoever gives way tries again.
 */
export async function changeRules(...change: Parameters<typeof tryToChange>): Promise<SaleRules | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryToChange(...change);
    } catch (error) {
      const isDeadlock = error instanceof pg.DatabaseError && error.code === deadlockDetected;
      if (!isDeadlock || attempt === attempts) throw error;
    }
  }
}

async function tryToChange(
  parts: RulesParts,
  actor: Actor,
  eventId: EventId,
  changes: RuleChanges,
): Promise<SaleRules | undefined> {
  return inTransaction(parts.pool, async (sql) => {
    const before = await readRules(sql, eventId, "for no key update");
    if (before === undefined) return undefined;
    const after = { ...before, ...changes };
    await writeRules(sql, eventId, after);
    await writeAudit(parts, sql, {
      ...{ eventId, actor, action: "rules_changed" },
      ...{ before: auditOf(before), after: auditOf(after) },
    });
    const startAfter = new Date(parts.clock.now() + settledMs);
    if (after.mostPerIdentity !== null)
      await parts.jobs.insert(sql, "count-identities", [{ data: { eventId }, startAfter }]);
    return after;
  });
}

async function writeRules(sql: Sql, eventId: EventId, rules: SaleRules): Promise<void> {
  const { mostPerIdentity, allowsSingles, extensionMs, refundPolicy } = rules;
  await sql.query(
    `update events set most_per_identity = $2, allows_singles = $3, extension_ms = $4, refund_policy = $5
      where id = $1`,
    [eventId, mostPerIdentity, allowsSingles, extensionMs, refundPolicy && JSON.stringify(refundPolicy)],
  );
}

/** With the names that operators use. */
function auditOf({ mostPerIdentity, allowsSingles, extensionMs, refundPolicy }: SaleRules) {
  return { mostPerBuyer: mostPerIdentity, allowsSingles, extensionMs, refundPolicy };
}

type RulesRow = {
  most_per_identity: number | null;
  allows_singles: boolean;
  extension_ms: number;
  refund_policy: RefundPolicy | null;
  pools: HousePool[];
};

export async function readRules(
  sql: Sql,
  eventId: EventId,
  lock: "" | "for no key update" = "",
): Promise<SaleRules | undefined> {
  const found = await sql.query<RulesRow>(
    `select most_per_identity, allows_singles, extension_ms, refund_policy, pools from events where id = $1 ${lock}`,
    [eventId],
  );
  const [row] = found.rows;
  return (
    row && {
      mostPerIdentity: row.most_per_identity,
      allowsSingles: row.allows_singles,
      extensionMs: row.extension_ms,
      refundPolicy: row.refund_policy,
      pools: row.pools,
    }
  );
}
