import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../bench/monotonic.ts";
import { quantile } from "../bench/quantile.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import type { PlannedEvent } from "./event-plan.ts";
import { createChanges } from "./map-changes.ts";
import { openWatchers, type Watchers } from "./map-watchers.ts";
import { startShop } from "./shop.ts";
import { shopTime } from "./shop-time.ts";

const readers = 20;
const lookEveryMs = 50;
const readyWithinMs = 60_000;
const heardWithinMs = 5_000;

type Size = {
  readonly plan: { readonly sections: number; readonly rows: number; readonly seatsPerRow: number };
  readonly watchers: number;
  readonly idleMs: number;
  readonly changes: number;
  readonly perSecond: number;
};

/** A stadium of 100,000 seats; over before the holds, which no booking follows, are ended as orphans. */
const full: Size = {
  plan: { sections: 400, rows: 10, seatsPerRow: 25 },
  ...{ watchers: 1_000, idleMs: 3_000, changes: 7_500, perSecond: 500 },
};
const tiny: Size = {
  plan: { sections: 4, rows: 4, seatsPerRow: 25 },
  ...{ watchers: 40, idleMs: 200, changes: 100, perSecond: 100 },
};

/** What everybody who looks at the seats hears while others take them, how soon, and what it costs the gateway. */
export const mapPart: Part = {
  name: "map",
  async measure({ tiny: isTiny, folder, say }) {
    const size = isTiny ? tiny : full;
    const shop = await startShop(join(folder, "map"), [size.plan]);
    try {
      const [event] = shop.events;
      if (event === undefined) throw new Error("there is no event");
      await untilShown(shop.url, event);
      const changes = createChanges(event, readers);
      const path = `/v1/events/${event.eventId}/seats/live`;
      const heard = changes.hear;
      const watchers = await openWatchers({ port: shop.port, path, count: size.watchers, readers, heard });
      say(`${size.watchers} watch`);
      const idle = await gatewayShare(shop, () => pause(size.idleMs));
      const before = sum(watchers.messages);
      const busy = await gatewayShare(shop, () => changes.make(shop.redisUrls, size.changes, size.perSecond));
      await until(() => changes.missed() === 0, heardWithinMs);
      const delivered = ((sum(watchers.messages) - before) / readers) * size.watchers;
      watchers.close();
      return [...heardFigures(changes, watchers, size), ...costFigures(idle, busy, delivered)];
    } finally {
      await shop.stop();
    }
  },
};

async function untilShown(url: string, { eventId, sectionIds }: PlannedEvent): Promise<void> {
  const isShown = await until(async () => {
    const answer = await fetch(`${url}/v1/events/${eventId}/seats`);
    const { sections = [] } = (await answer.json()) as { sections?: { states: string }[] };
    return sections.length === sectionIds.length;
  }, readyWithinMs);
  if (!isShown) throw new Error("the event is not shown");
}

async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadlineMs = monotonicMs() + withinMs;
  while (monotonicMs() < deadlineMs) {
    if (await condition()) return true;
    await pause(lookEveryMs);
  }
  return false;
}

type Share = { readonly cpuUs: number; readonly wallUs: number };

/** Nothing where the system does not tell what a process takes. */
async function gatewayShare(
  shop: Parameters<typeof shopTime>[0],
  work: () => Promise<unknown>,
): Promise<Share | undefined> {
  const [from, startedMs] = [shopTime(shop), monotonicMs()];
  await work();
  const to = shopTime(shop);
  if (from === undefined || to === undefined) return undefined;
  return { cpuUs: to.gateway - from.gateway, wallUs: (monotonicMs() - startedMs) * 1_000 };
}

function heardFigures(
  { latenciesMs, missed }: ReturnType<typeof createChanges>,
  watchers: Watchers,
  { watchers: count }: Size,
): Measurement[] {
  const within = (share: number) => ({ value: quantile(latenciesMs, share), unit: "ms" });
  return [
    { name: `a claim is seen by one of ${count} watchers: half within`, ...within(0.5) },
    {
      ...{ name: "a claim is seen: 99% within", ...within(0.99) },
      bar: { of: "value", sign: "≤", at: 1_000, size: "full" },
    },
    { name: "a claim is seen: all within", ...within(1) },
    {
      ...{ name: "changes that a watcher missed", value: missed(), unit: "changes" },
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    },
    {
      ...{ name: "watchers that were lost", value: watchers.lost(), unit: "watchers" },
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    },
  ];
}

function costFigures(idle: Share | undefined, busy: Share | undefined, delivered: number): Measurement[] {
  if (idle === undefined || busy === undefined) return [];
  const percent = ({ cpuUs, wallUs }: Share) => ({ value: (100 * cpuUs) / wallUs, unit: "% of a core" });
  return [
    { name: "gateway: CPU while nobody buys", ...percent(idle) },
    { name: "gateway: CPU while others buy", ...percent(busy) },
    { name: "gateway: CPU of a delivered message", value: busy.cpuUs / delivered, unit: "µs" },
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
