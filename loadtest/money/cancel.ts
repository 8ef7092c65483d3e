import { join } from "node:path";
import { createCancellations } from "../../booking-core/refunds/cancel-event.ts";
import { systemClock } from "../../foundation/clock.ts";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { startJobs } from "../../foundation/jobs/boss.ts";
import { createLogger } from "../../foundation/log.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import { verifyShop } from "../seats/verify-shop.ts";
import { booksApart } from "./judge-books.ts";
import { type Provider, startProvider } from "./provider.ts";
import { makeSales, seatsOfSale } from "./sales.ts";
import { openTill, type Storage, startStorage } from "./till.ts";
import { until } from "./until.ts";
import { untilWorkedOff } from "./worked-off.ts";

const full = { bookings: 5_000, plan: { sections: 10, rows: 20, seatsPerRow: 50 } };
const small = { bookings: 60, plan: { sections: 2, rows: 5, seatsPerRow: 20 } };
const withinMs = 600_000;

/** A sold event that does not take place, and a worker that is killed while it gives the money back. */
export const cancelPart: Part = {
  name: "cancel",
  async measure({ tiny, folder, say }) {
    const { bookings, plan } = tiny ? small : full;
    const storage = await startStorage(join(folder, "cancel"), [plan]);
    const till = await openTill(storage);
    try {
      const [event] = storage.events;
      if (event === undefined) throw new Error("there is no event");
      const sales = await makeSales(storage.pool, event, bookings);
      const first = await till.startWorker();
      const { webhookUrl, providerPort: port } = till;
      const provider = await startProvider({
        folder: join(storage.folder, "sandbox"),
        port,
        webhookUrl,
        sales,
      });
      await untilWorkedOff(storage.pool);
      say(`${bookings} bookings are paid`);
      await cancel(storage, event.eventId);
      const startedAt = performance.now();
      await until(async () => (await doneCount(storage.pool)) >= bookings / 4, {
        what: "a quarter",
        withinMs,
      });
      first.child.kill("SIGKILL");
      await till.startWorker();
      await until(async () => (await doneCount(storage.pool)) >= bookings, { what: "all refunds", withinMs });
      const seconds = (performance.now() - startedAt) / 1_000;
      await untilWorkedOff(storage.pool);
      const measured = await figures(storage.pool, provider, bookings, seconds);
      await provider.stop();
      return [...measured, await verifyShop(storage, say)];
    } finally {
      await till.stop();
      await storage.stop();
    }
  },
};

async function cancel({ pool, databaseUrl }: Storage, eventId: EventId): Promise<void> {
  const jobs = await startJobs(databaseUrl, createLogger("bench", "error"), { work: false });
  const actor = { id: null, email: "organiser@onsale.example" };
  await createCancellations({ pool, jobs, ids: uuidSource, clock: systemClock }).cancel(actor, eventId);
  await jobs.stop();
}

async function doneCount(pool: Pool): Promise<number> {
  return (await pool.query("select from refunds where status = 'done'")).rowCount ?? 0;
}

/** Payments of which not exactly what came has gone back, once, and bookings that are not refunded with all their tickets. */
const wrong = `
  select (select count(*) from payments p where p.received_minor is distinct from
           (select sum(r.amount_minor) from refunds r where r.payment_id = p.id and r.status = 'done' having count(*) = 1))
       + (select count(*) from bookings where status <> 'refunded')
       + (select count(*) from tickets where status <> 'refunded') as count`;

async function figures(
  pool: Pool,
  provider: Provider,
  bookings: number,
  seconds: number,
): Promise<Measurement[]> {
  const value = Number((await pool.query<{ count: bigint }>(wrong)).rows[0]?.count);
  return [
    {
      ...{ name: "tickets refunded, with a worker killed in the middle", unit: "tickets/s" },
      value: (bookings * seatsOfSale) / seconds,
    },
    { name: "not refunded once", value, unit: "cases", bar: { of: "value", sign: "≤", at: 0, size: "any" } },
    await booksApart(pool, provider),
  ];
}
