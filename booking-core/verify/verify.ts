import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../foundation/clock.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { readEvents } from "../events/read-events.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import { ledgerChecks } from "./ledger-checks.ts";
import { postgresChecks } from "./postgres-checks.ts";
import { refundChecks } from "./refund-checks.ts";
import { type Check, type Finding, runCheck, suspicion } from "./report.ts";
import { type RoomSights, roomChecks } from "./room-checks.ts";
import { lookAtSection } from "./section-check.ts";
import { ticketChecks } from "./ticket-checks.ts";

export type VerifyParts = {
  readonly pool: Pool;
  readonly seats: SeatEngine;
  readonly clock: Clock;
  /** The rooms belong to the waiting room, which this part does not know. */
  readonly roomSights: RoomSights;
};

/** What is between two steps has come to rest after this many looks with this pause: more than the 5 s of invariant 3. */
const defaultPatience = { looks: 8, pauseMs: 800 };

/** Holds the invariants against the live system, in the order of their numbers. Reads only. */
export async function verify(parts: VerifyParts, patience = defaultPatience): Promise<Finding[]> {
  const checks = [
    ...postgresChecks(parts.pool),
    ...refundChecks(parts.pool),
    ...ticketChecks(parts.pool),
    ...ledgerChecks(parts.pool),
    sectionCheck(parts),
    ...roomChecks(parts),
  ].sort((left, right) => left.invariant - right.invariant);
  return Promise.all(checks.map((check) => runCheck(check, () => wait(patience.pauseMs), patience.looks)));
}

function sectionCheck(parts: VerifyParts): Check {
  return {
    invariant: 3,
    promise: "every seat that is not free has its hold, and Redis and Postgres agree on each",
    look: async () => {
      const events = await readEvents(parts.pool);
      const sections = events.filter((event) => event.status === "active").flatMap((event) => event.sections);
      const suspects: (readonly [string, string])[] = [];
      for (const section of sections)
        suspects.push(...(await lookAtSection(parts, section, parts.clock.now())));
      return suspicion(
        sections.reduce((sum, section) => sum + section.capacity, 0),
        suspects,
      );
    },
  };
}
