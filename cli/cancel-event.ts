import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { type Cancellations, createCancellations } from "../booking-core/refunds/cancel-event.ts";
import type { Cancellation } from "../booking-core/refunds/cancellation.ts";
import { systemClock } from "../foundation/clock.ts";
import { type EventId, isUuid, uuidSource } from "../foundation/ids.ts";
import { startJobs } from "../foundation/jobs/boss.ts";
import { createLogger } from "../foundation/log.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { runningConfig } from "./running-config.ts";

/** Who has the database may do it; the audit log says that it came from here. */
const actor = { id: null, email: "command line" };
const lookMs = 500;

export function addCancelEvent(program: Command): void {
  program
    .command("cancel")
    .argument("<event>", "its id")
    .description("the event does not take place: refund everybody, and print how far it is until it is done")
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .action(runCancel);
}

async function runCancel(event: string, { data }: { data: string }): Promise<void> {
  const config = runningConfig(data, process.env);
  const pool = createPool(config.DATABASE_URL, 2);
  const jobs = await startJobs(config.DATABASE_URL, createLogger("cancel", config.LOG_LEVEL), {
    work: false,
  });
  try {
    const parts = { pool, jobs, ids: uuidSource, clock: systemClock };
    const done = isUuid(event) && (await followCancellation(createCancellations(parts), event as EventId));
    if (!done) process.stderr.write("There is no such event.\n");
    process.exitCode = done && done.parked === 0 ? 0 : 1;
  } finally {
    await jobs.stop();
    await pool.end();
  }
}

/** The workers do it: stopped here, it goes on there. Exits 1 where the provider could not do one of the refunds. */
async function followCancellation(
  cancellations: Cancellations,
  eventId: EventId,
): Promise<Cancellation | undefined> {
  let now = await cancellations.cancel(actor, eventId);
  let printed = "";
  while (now !== undefined) {
    const line = lineOf(now);
    if (line !== printed) process.stdout.write(`${line}\n`);
    printed = line;
    if (now.finishedAtMs !== null && now.pending === 0) return now;
    await pause(lookMs);
    now = await cancellations.find(eventId);
  }
  return undefined;
}

function lineOf({ refunded, bookings, pending, parked }: Cancellation): string {
  return `${refunded} of ${bookings} bookings refunded, ${pending} under way at the provider, ${parked} parked`;
}
