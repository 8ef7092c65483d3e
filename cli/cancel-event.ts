import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { type Cancellations, createCancellations } from "../booking-core/refunds/cancel-event.ts";
import type { Cancellation } from "../booking-core/refunds/cancellation.ts";
import { systemClock } from "../foundation/clock.ts";
import { type EventId, isUuid, uuidSource } from "../foundation/ids.ts";
import { startJobs } from "../foundation/jobs/boss.ts";
import { createLogger } from "../foundation/log.ts";
import { createPool, type Pool } from "../foundation/postgres/pool.ts";
import { runningConfig } from "./running-config.ts";

/** Who has the database may do it; the audit log says that it came from here. */
const actor = { id: null, email: "command line" };
const lookMs = 500;

export function addCancelEvent(program: Command): void {
  program
    .command("cancel")
    .argument("<event>", "its id")
    .description("the event does not take place: refund everybody, and print how far it is until it is done")
    .option("--yes", "do not ask first: there is no way back", false)
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .action(runCancel);
}

type CancelOptions = { readonly data: string; readonly yes: boolean };

async function runCancel(event: string, { data, yes }: CancelOptions): Promise<void> {
  const config = runningConfig(data, process.env);
  const pool = createPool(config.DATABASE_URL, 2);
  const jobs = await startJobs(config.DATABASE_URL, createLogger("cancel", config.LOG_LEVEL), {
    work: false,
  });
  try {
    const cancellations = createCancellations({ pool, jobs, ids: uuidSource, clock: systemClock });
    const planned = await findPlanned(pool, event);
    if (planned === undefined) return fail("There is no such event.");
    if (planned.status !== "cancelled" && !yes && !(await isWanted(planned)))
      return fail("Nothing was done. Answer `yes`, or say --yes, to call it off.");
    const done = await followCancellation(cancellations, planned.id);
    process.exitCode = done?.parked === 0 && done.parkedPayments === 0 ? 0 : 1;
  } finally {
    await jobs.stop();
    await pool.end();
  }
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

type Planned = {
  readonly id: EventId;
  readonly title: string;
  readonly status: string;
  readonly paid: number;
};

async function findPlanned(pool: Pool, event: string): Promise<Planned | undefined> {
  if (!isUuid(event)) return undefined;
  const found = await pool.query<Planned>(
    `select id, title, status, (select count(*)::int from bookings
        where event_id = e.id and status in ('paid', 'partly_refunded')) as paid
       from events e where id = $1`,
    [event],
  );
  return found.rows[0];
}

/** Where nobody is there to answer, it is not. */
async function isWanted({ title, paid }: Planned): Promise<boolean> {
  process.stdout.write(
    `All tickets of ${JSON.stringify(title)} become void, and the money of all paid bookings (${paid}) goes back. There is no way back.\nCall it off? (yes/no) `,
  );
  for await (const line of createInterface(process.stdin)) return line.trim().toLowerCase() === "yes";
  process.stdout.write("\n");
  return false;
}

/** The workers do it: stopped here, it goes on there. */
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

function lineOf({ refunded, bookings, pending, parked, parkedPayments }: Cancellation): string {
  const refunds = `${refunded} of ${bookings} bookings refunded, ${pending} under way at the provider, ${parked} parked`;
  if (parkedPayments === 0) return refunds;
  return `${refunds}; money of another amount waits in ${parkedPayments} parked payments: onsale payments list, onsale payments refund`;
}
