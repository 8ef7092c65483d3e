import { setImmediate as turnOfOthers } from "node:timers/promises";
import type { Clock } from "../../foundation/clock.ts";
import type { ScanId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Logger } from "../../foundation/log.ts";
import { inTransaction, type Pool } from "../../foundation/postgres/pool.ts";
import type { TicketKeys } from "../tickets/ticket-keys.ts";
import { admitAtOnce } from "./admit-at-once.ts";
import { type Recorded, recordScans } from "./record-scans.ts";
import type { Door, Scan, ScanAnswer } from "./scan.ts";

export type ToldScan = { readonly scanId: ScanId; readonly code: string };
export type OfflineScan = ToldScan & { readonly scannedAtMs: number };

export type CheckIns = {
  /** Decides a scan now. The same scan again has the same answer. */
  scan(door: Door, scan: ToldScan): Promise<ScanAnswer>;
  /** Scans of a device that had no network: it let people in by its own list. Answers in their order. */
  tell(door: Door, scans: readonly OfflineScan[]): Promise<ScanAnswer[]>;
};

type CheckInParts = {
  readonly pool: Pool;
  readonly keys: Pick<TicketKeys, "check">;
  readonly clock: Clock;
  readonly logger: Logger;
};

export function createCheckIns(parts: CheckInParts): CheckIns {
  const { pool, clock, logger } = parts;
  return {
    async scan(door, { scanId, code }) {
      const atMs = clock.now();
      const scan = await checkedScan(parts, scanId, code, atMs);
      const admitted = await admitAtOnce(pool, door, scan);
      if (admitted !== undefined) return admitted;
      const [recorded] = await record(pool, door, [scan], false);
      if (recorded === undefined) throw new Error(`scan ${scanId} was not recorded`);
      return recorded.answer;
    },
    async tell(door, told) {
      const scans = await checkedScans(parts, told);
      const recorded = await record(pool, door, scans, true);
      reportDoubtful(logger, door, recorded);
      return recorded.map(({ answer }) => answer);
    },
  };
}

async function checkedScan(
  { keys }: Pick<CheckInParts, "keys">,
  id: ScanId,
  code: string,
  atMs: number,
): Promise<Scan> {
  const checked = await keys.check(code);
  return { id, claims: checked.outcome === "good" ? checked : undefined, atMs };
}

/** A signature takes about 0.1 ms, and there can be hundreds: now and then other work has its turn. */
async function checkedScans(parts: CheckInParts, told: readonly OfflineScan[]): Promise<Scan[]> {
  const scans: Scan[] = [];
  for (const { scanId, code, scannedAtMs } of told) {
    scans.push(await checkedScan(parts, scanId, code, believable(parts.clock, scannedAtMs)));
    if (scans.length % checkedAtOnce === 0) await turnOfOthers();
  }
  return scans;
}

const checkedAtOnce = 20;

/** By a clock that nobody has set, a scan would be before all others, or for ever after. */
function believable(clock: Clock, scannedAtMs: number): number {
  const nowMs = clock.now();
  return Math.min(nowMs, Math.max(nowMs - limits.doors.scanAgeMs, scannedAtMs));
}

async function record(
  pool: Pool,
  door: Door,
  scans: readonly Scan[],
  offline: boolean,
  triesLeft = 3,
): Promise<Recorded[]> {
  try {
    return await inTransaction(pool, (sql) => recordScans(sql, door, scans, offline));
  } catch (error) {
    if (triesLeft <= 1 || !isCollision(error)) throw error;
    return record(pool, door, scans, offline, triesLeft - 1);
  }
}

/** The same scan written elsewhere in the same moment, or tickets taken in another order: the next try sees it. */
function isCollision(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "23505" || error.code === "40P01");
}

/** The device could not know it by its list, and may have let somebody in. */
function reportDoubtful(
  logger: Logger,
  { eventId, doorId, name }: Door,
  recorded: readonly Recorded[],
): void {
  const scans = recorded.flatMap(({ scan, bookingId, answer: { result } }) =>
    scan.claims !== undefined && doubtful.has(result)
      ? [{ result, ticketId: scan.claims.ticketId, bookingId }]
      : [],
  );
  if (scans.length > 0)
    logger.warn(
      { eventId, doorId, door: name, scans },
      "a door without network scanned tickets that let nobody in",
    );
}

/** unknown: signed by us, and yet not there. A forged code no device takes. */
const doubtful: ReadonlySet<ScanAnswer["result"]> = new Set(["refunded", "replaced", "unknown"]);
