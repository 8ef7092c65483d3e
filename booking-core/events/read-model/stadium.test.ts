import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../foundation/clock.ts";
import type { EventId } from "../../../foundation/ids.ts";
import { inTransaction } from "../../../foundation/postgres/pool.ts";
import { insertEvent, openShop, type Shop } from "../../../test/harness/shop.ts";
import { waitFor } from "../../../test/harness/wait-for.ts";
import { createCatalogue } from "../catalogue.ts";
import { findSection } from "../find-section.ts";
import type { PlannedSection } from "../plan.ts";
import { createReadModel } from "./read-model.ts";

/** 100,000 seats in 400 sections, each of ten rows with an aisle. */
const stadium: readonly PlannedSection[] = Array.from({ length: 400 }, (_, section) => ({
  name: `block ${section}`,
  kind: "seated",
  rows: Array.from({ length: 10 }, (_row, row) => ({ label: String(row + 1), seats: `${"o".repeat(13)}_${"o".repeat(12)}` })),
}));

let shop: Shop;
let id: EventId;
beforeAll(async () => {
  shop = await openShop();
  id = await inTransaction(shop.pool, (sql) => insertEvent(sql, { sections: stadium }));
});
afterAll(() => shop.close());

const openProcess = () => createCatalogue({ readModel: createReadModel(shop), clock: systemClock });

/** How long it took, and how long at most nothing else of this process could run meanwhile. */
async function measured(what: string, work: () => Promise<unknown>) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startedMs = performance.now();
  await work();
  const tookMs = performance.now() - startedMs;
  delay.disable();
  const blockedMs = delay.max / 1e6;
  console.log(what, { tookMs: Math.round(tookMs), blockedMs: Math.round(blockedMs) });
  return { tookMs, blockedMs };
}

test("a stadium is brought, read and edited without holding up the process, and found in microseconds", async () => {
  await measured("brought from Postgres", () => shop.readModel.publish(id));
  await measured("brought from Postgres again", () => shop.readModel.publish(id));
  const catalogue = openProcess();
  await measured("read from Redis", () => catalogue.find(id));
  const other = openProcess();
  await measured("read from Redis by another", () => other.find(id));

  const before = await catalogue.find(id);
  await shop.pool.query("update sections set marks = '[[1, 3]]' where event_id = $1 and position = 200", [id]);
  await measured("edit published", () => shop.publishChanges());
  await measured("edit seen", () => waitFor(async () => (await catalogue.find(id)) !== before, { what: "the edit" }));

  const finds = 100_000;
  const { tookMs } = await measured("found from memory", async () => {
    for (let index = 0; index < finds; index += 1) await catalogue.find(id);
  });
  console.log("a find takes µs", (tookMs * 1_000) / finds);
  const event = await catalogue.find(id);
  if (event === undefined) throw new Error("the stadium is there");
  const last = event.sections[399];
  expect(last && findSection(event, last.id)).toBe(last);
});
