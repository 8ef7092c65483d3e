import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../foundation/limits.ts";
import { createPool, type Pool } from "../../foundation/postgres/pool.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createInboxGroups, type NewMessage } from "./inbox-groups.ts";
import { openPaymentTest, type PaymentTest } from "./test-payments.ts";

let here: PaymentTest;
beforeAll(async () => {
  here = await openPaymentTest({ work: false });
});
afterAll(() => here.close());

const message = (providerEventId: string, more: Partial<NewMessage> = {}): NewMessage => ({
  ...{ provider: "sandbox", providerEventId, body: "{}", isIgnored: false, ...more },
});

/** The same pool, and how many transactions were begun on it. */
function counting(pool: Pool): { pool: Pool; begun(): number } {
  let begun = 0;
  const connect = () => {
    begun += 1;
    return pool.connect();
  };
  return { pool: { connect } as unknown as Pool, begun: () => begun };
}

/** How many jobs there are for these messages, and how many messages they name. */
async function jobsOf(eventIds: readonly string[]): Promise<{ jobs: number; messages: number }> {
  const found = await here.shop.pool.query<{ jobs: number; messages: number }>(
    `select count(distinct j.id)::int as jobs, count(*)::int as messages
       from pgboss.job j cross join jsonb_array_elements_text(j.data->'inboxIds') named (id)
       join webhook_inbox i on i.id = named.id::uuid
      where j.name = 'settle-webhook' and i.provider_event_id = any($1)`,
    [eventIds],
  );
  return found.rows[0] ?? { jobs: 0, messages: 0 };
}

test("messages that come together share a transaction and a job, each stored once", async () => {
  const { pool, begun } = counting(here.shop.pool);
  const groups = createInboxGroups({ ...here.till, pool });
  const ids = Array.from({ length: 90 }, (_, index) => `together ${index % 30}`);
  const outcomes = await Promise.all(ids.map((id) => groups.add(message(id))));
  expect(outcomes.filter((outcome) => outcome === "stored")).toHaveLength(30);
  expect(outcomes.filter((outcome) => outcome === "known")).toHaveLength(60);
  expect(begun()).toBe(1);
  expect(await jobsOf(ids)).toEqual({ jobs: 1, messages: 30 });
});

test("what comes while a group is stored makes the next one, and only a full one begins beside it", async () => {
  const { pool, begun } = counting(here.shop.pool);
  const gate = Promise.withResolvers<void>();
  const connect = async () => {
    const connection = pool.connect();
    await gate.promise;
    return connection;
  };
  const groups = createInboxGroups({ ...here.till, pool: { connect } as unknown as Pool });
  const { messagesPerGroup, groupsAtOnce } = limits.inbox;
  const add = (count: number) =>
    Array.from({ length: count }, () => groups.add(message(`meanwhile ${randomUUID()}`)));
  const told = add(1);
  await waitFor(() => begun() === 1, { what: "the first group" });
  told.push(...add(messagesPerGroup - 1));
  expect(begun()).toBe(1);
  told.push(...add(1));
  expect(begun()).toBe(groupsAtOnce);
  told.push(...add(messagesPerGroup));
  expect(begun()).toBe(groupsAtOnce);
  gate.resolve();
  expect(new Set(await Promise.all(told))).toEqual(new Set(["stored"]));
  expect(begun()).toBe(3);
});

test("two gateways that are told the same at once store it once", async () => {
  const gateways = [createInboxGroups(here.till), createInboxGroups(here.till)];
  const ids = Array.from({ length: 40 }, (_, index) => `both ${index}`);
  const told = gateways.map((groups, index) =>
    Promise.all((index === 0 ? ids : ids.toReversed()).map((id) => groups.add(message(id)))),
  );
  const outcomes = (await Promise.all(told)).flat();
  expect(outcomes.filter((outcome) => outcome === "stored")).toHaveLength(40);
  expect((await jobsOf(ids)).messages).toBe(40);
});

test("a message that cannot be stored fails alone", async () => {
  const groups = createInboxGroups(here.till);
  const outcomes = await Promise.allSettled([
    groups.add(message("before")),
    // No text of Postgres holds this character.
    groups.add(message("poisoned", { body: "\u0000" })),
    groups.add(message("behind")),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await jobsOf(["before", "poisoned", "behind"])).toEqual({ jobs: 2, messages: 2 });
});

test("a message that nobody knows is kept without a job", async () => {
  const groups = createInboxGroups(here.till);
  expect(await groups.add(message("curious", { isIgnored: true }))).toBe("stored");
  const kept = await here.shop.pool.query(
    "select status, settled_at is not null as settled from webhook_inbox where provider_event_id = 'curious'",
  );
  expect(kept.rows).toEqual([{ status: "ignored", settled: true }]);
  expect(await jobsOf(["curious"])).toEqual({ jobs: 0, messages: 0 });
});

test("past the bound messages are refused at once, and those before it are stored", async () => {
  const { messagesWaiting } = limits.inbox;
  const pool = createPool(here.shop.databaseUrl, 2);
  const groups = createInboxGroups({ ...here.till, pool });
  const gate = await here.shop.pool.connect();
  await gate.query("begin; lock table webhook_inbox in exclusive mode");
  const waiting: Promise<string>[] = [];
  let busy = 0;
  // Two groups are under way to the locked table, and then the queue fills.
  while (busy === 0) {
    const outcome = groups.add(message(`bound ${waiting.length}`));
    if ((await Promise.race([outcome, Promise.resolve("waits")])) === "busy") busy += 1;
    else waiting.push(outcome);
  }
  await gate.query("rollback");
  gate.release();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["stored"]));
  expect(waiting.length).toBeGreaterThanOrEqual(messagesWaiting);
  expect(waiting.length).toBeLessThanOrEqual(messagesWaiting + 2 * limits.inbox.messagesPerGroup);
  await pool.end();
});
