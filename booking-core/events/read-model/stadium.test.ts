import { setImmediate as otherWork } from "node:timers/promises";
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
  rows: Array.from({ length: 10 }, (_row, row) => ({
    label: String(row + 1),
    seats: `${"o".repeat(13)}_${"o".repeat(12)}`,
  })),
}));

let shop: Shop;
let id: EventId;
beforeAll(async () => {
  shop = await openShop();
  id = await inTransaction(shop.pool, (sql) => insertEvent(sql, { sections: stadium }));
});
afterAll(() => shop.close());

const openProcess = () => createCatalogue({ ...shop, readModel: createReadModel(shop), clock: systemClock });

/** The longest that `work` kept this thread from everything else, in its own CPU time: other processes do not count. */
async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  const turns: number[] = [];
  let before = process.threadCpuUsage();
  const stop = new AbortController();
  const count = () => {
    const { user, system } = process.threadCpuUsage(before);
    turns.push((user + system) / 1_000);
    before = process.threadCpuUsage();
    if (!stop.signal.aborted) setImmediate(count);
  };
  setImmediate(count);
  await work();
  stop.abort();
  await otherWork();
  return Math.max(...turns);
}

test("a stadium of 400 sections is brought, read and edited in turns of less than 20 ms", async () => {
  const [catalogue, other] = [openProcess(), openProcess()];
  // The first of each kind also compiles the code.
  await shop.readModel.publish(id);
  await other.find(id);
  await shop.pool.query("update sections set name = name || '!' where event_id = $1", [id]);
  expect(await longestTurnMs(() => shop.publishChanges())).toBeLessThan(20);
  expect(await longestTurnMs(() => catalogue.find(id))).toBeLessThan(20);

  const before = await catalogue.find(id);
  await shop.pool.query("update sections set marks = '[[1, 3]]' where event_id = $1 and position = 200", [
    id,
  ]);
  expect(await longestTurnMs(() => shop.publishChanges())).toBeLessThan(20);
  const isEdited = async () => (await catalogue.find(id)) !== before;
  expect(await longestTurnMs(() => waitFor(isEdited, { what: "the edit" }))).toBeLessThan(20);
});

test("a stadium is found in microseconds, and each of its sections in less", async () => {
  const catalogue = openProcess();
  const event = await catalogue.find(id);
  if (event === undefined) throw new Error("the stadium is not there");
  const finds = 20_000;
  const startedCpu = process.threadCpuUsage();
  for (let index = 0; index < finds; index += 1) {
    const section = event.sections[index % 400];
    expect.assert(
      section !== undefined && findSection((await catalogue.find(id)) ?? event, section.id) !== undefined,
    );
  }
  expect(process.threadCpuUsage(startedCpu).user / finds).toBeLessThan(30);
});
