import { join } from "node:path";
import { limits } from "../../foundation/limits.ts";
import { createPool, type Pool } from "../../foundation/postgres/pool.ts";
import { rawRate } from "../baselines/postgres-money/measure.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import type { PlannedEvent } from "../seats/event-plan.ts";
import { verifyShop } from "../seats/verify-shop.ts";
import { judgeBooks } from "./judge-books.ts";
import { type Provider, startProvider } from "./provider.ts";
import { makeSales, type Sale, type Shares } from "./sales.ts";
import { openTill, type Storage, startStorage, type Till } from "./till.ts";
import { until } from "./until.ts";
import { untilWorkedOff } from "./worked-off.ts";

/** `warmUp`: so many are settled first; the code of fresh processes is compiled while they are. */
const full = {
  ...{ count: 20_000, warmUp: 5_000 },
  plan: { sections: 50, rows: 20, seatsPerRow: 50 },
  connections: [1, 2, 4],
  delayMs: 15_000,
};
const small = {
  ...{ count: 300, warmUp: 50 },
  plan: { sections: 5, rows: 10, seatsPerRow: 20 },
  connections: [2],
  delayMs: 500,
};
type Sizes = Omit<typeof full, "connections"> & { readonly connections: readonly number[] };

const shares: Shares = { expiring: 0.01, late: 0.01, gone: 0.01, twice: 0.01, declined: 0.01 };
const faults = {
  ...{
    seed: 11,
    webhooksDuplicated: 0.1,
    webhooksOutOfOrder: 0.05,
    webhooksLost: 0.02,
    webhooksForgedFirst: 0.05,
  },
  ...{ webhooksUnknownFirst: 0.02, webhooksDelayed: 0.05, callsBroken: 0.02, callsAnswerLost: 0.01 },
};
const endWithinMs = 240_000;

/** Payments that a provider tells of with faults of every kind, all for one event; and what they left in the books. */
export const settlePart: Part = {
  name: "settle",
  async measure({ tiny, folder, say }) {
    const sizes = tiny ? small : full;
    const storage = await startStorage(join(folder, "settle"), [sizes.plan]);
    try {
      const [event] = storage.events;
      if (event === undefined) throw new Error("there is no event");
      const raw = await measureRaw(storage, event, sizes);
      say(`Postgres alone: ${Math.round(raw)} payments/s`);
      const sales = await makeSales(storage.pool, event, sizes.warmUp + sizes.count, shares);
      const till = await openTill(storage);
      const settled = await settleAll(storage, till, sales, sizes, say).finally(till.stop);
      return [...figuresOf(settled, raw), ...settled.judged, await verifyShop(storage, say)];
    } finally {
      await storage.stop();
    }
  },
};

/** On a copy of the database, with as many bookings as ours has. */
async function measureRaw(
  { twinUrl }: Storage,
  event: PlannedEvent,
  { count, connections }: Sizes,
): Promise<number> {
  const pool = createPool(twinUrl, 1, { isPatient: true });
  const sales = await makeSales(pool, event, count).finally(() => pool.end());
  const paymentIds = sales.map(({ paymentId }) => paymentId);
  const batchSize = limits.settlement.messagesPerGroup;
  return rawRate({ databaseUrl: twinUrl, eventId: event.eventId, paymentIds, batchSize, connections });
}

type Settled = {
  /** While the provider had more to tell than we had settled; behind the warm-up, and from the first moment on. */
  readonly rates: Rates;
  readonly allSeconds: number;
  readonly judged: readonly Measurement[];
};

async function settleAll(
  { folder, pool }: Storage,
  till: Till,
  sales: readonly Sale[],
  sizes: Sizes,
  say: Run["say"],
): Promise<Settled> {
  await till.startWorker();
  const { webhookUrl, providerPort: port } = till;
  const provider = await startProvider({
    ...{ folder: join(folder, "sandbox"), port, webhookUrl, sales },
    faults: { ...faults, webhookDelayMsMost: sizes.delayMs },
  });
  try {
    const most = Math.floor(0.9 * sizes.count);
    await until(async () => (await settledCount(pool)) >= sizes.warmUp + most, {
      what: "most payments",
      withinMs: endWithinMs,
      // Who looks takes from what is measured: every 50 ms with all rows sent, it took a third of it.
      everyMs: 1_000,
    });
    const rates = await ratesOf(pool, provider, sizes.warmUp, most);
    const [warm, cold] = [Math.round(rates.warm), Math.round(rates.cold)];
    say(`${warm} payments/s, ${cold} at first; faults: ${JSON.stringify(await provider.faults())}`);
    await heal(pool, till, provider);
    const allSeconds = (Date.now() - provider.readyAtMs) / 1_000;
    return { rates, allSeconds, judged: await judgeBooks(pool, provider) };
  } finally {
    await provider.stop();
  }
}

async function settledCount(pool: Pool): Promise<number> {
  const text = "select count(*)::int as count from payments where status <> 'pending'";
  return (await pool.query<{ count: number }>(text)).rows[0]?.count ?? 0;
}

type Rates = { readonly warm: number; readonly cold: number };

async function ratesOf(pool: Pool, { readyAtMs }: Provider, warmUp: number, count: number): Promise<Rates> {
  const [firstMs, warmMs, lastMs] = [
    await settledAtMs(pool, count),
    await settledAtMs(pool, warmUp),
    await settledAtMs(pool, warmUp + count),
  ];
  return { warm: (count * 1_000) / (lastMs - warmMs), cold: (count * 1_000) / (firstMs - readyAtMs) };
}

/** When so many were settled. */
async function settledAtMs(pool: Pool, count: number): Promise<number> {
  const found = await pool.query<{ at: Date }>(
    "select settled_at as at from payments where settled_at is not null order by settled_at offset $1 limit 1",
    [count - 1],
  );
  return found.rows[0]?.at.getTime() ?? 0;
}

/** Lost messages are found by asking about payments that are silent for a minute: here a minute is over at once. */
async function heal(pool: Pool, till: Till, provider: Provider): Promise<void> {
  const isTold = async () => (await provider.totals()).webhooksOnTheirWay === 0;
  await until(isTold, { what: "the provider's last message", withinMs: endWithinMs });
  // The next worker asks at once.
  await till.startWorker();
  const isHealed = async () => {
    const text = `update payments set created_at = created_at - interval '2 minutes', asked_at = null where status = 'pending'`;
    return (await pool.query(text)).rowCount === 0;
  };
  await until(isHealed, { what: "every silent payment", withinMs: endWithinMs, everyMs: 2_000 });
  await untilWorkedOff(pool);
}

function figuresOf({ rates, allSeconds }: Settled, raw: number): Measurement[] {
  const limit = { name: "the same rows by Postgres alone, in batches", value: raw };
  const unit = "payments/s";
  return [
    {
      ...{ name: "payments settled under faults", value: rates.warm, unit, limit },
      bar: { of: "ratio", sign: "≥", at: 0.3, size: "full" },
    },
    { name: "the same by processes that have just been started", value: rates.cold, unit, limit },
    { name: "until the last one was healed or refunded", value: allSeconds, unit: "s" },
  ];
}
