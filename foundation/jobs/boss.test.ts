import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/harness/database.ts";
import { silent } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { EventId, RefundId, SectionId } from "../ids.ts";
import { createPool, inTransaction, type Pool } from "../postgres/pool.ts";
import { type Jobs, startJobs } from "./boss.ts";

let databaseUrl: string;
let pool: Pool;
let jobs: Jobs;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  databaseUrl = database.url;
  pool = createPool(database.url, 4);
  jobs = await startJobs(database.url, silent, { work: true });
});
afterAll(async () => {
  await jobs.stop();
  await pool.end();
  await drop();
});

test("a burst of jobs is worked off at once, and does not wait for the next look at the queue", async () => {
  const done: string[] = [];
  await jobs.work("settle-webhook", { concurrency: 4 }, async ({ inboxIds }) => {
    done.push(...inboxIds);
  });
  const burst = Array.from({ length: 200 }, (_, index) => ({ data: { inboxIds: [`${index}`] } }));
  await inTransaction(pool, (sql) => jobs.insert(sql, "settle-webhook", burst));
  await waitFor(() => done.length >= 200, { what: "200 jobs", withinMs: 10_000 });
  expect(new Set(done).size).toBe(200);
});

test("a job that fails comes again, and those beside it do not", async () => {
  const tried: string[] = [];
  await jobs.work("refund-payment", { concurrency: 4 }, async ({ refundId }) => {
    tried.push(refundId);
    if (refundId === "bad" && tried.filter((id) => id === "bad").length === 1) throw new Error("not yet");
  });
  const wanted = ["good", "bad", "fine"].map((id) => ({ data: { refundId: id as RefundId } }));
  await inTransaction(pool, (sql) => jobs.insert(sql, "refund-payment", wanted));
  await waitFor(() => tried.length >= 4, { what: "four tries" });
  const states = await waitFor(
    async () => {
      const found = await pool.query<{ state: string }>(
        "select state from pgboss.job where name = 'refund-payment'",
      );
      return found.rows.every((row) => row.state === "completed") && found.rows;
    },
    { what: "all completed" },
  );
  expect(states).toHaveLength(3);
  expect(tried.toSorted()).toEqual(["bad", "bad", "fine", "good"]);
});

test("of a group, only the job that failed comes again", async () => {
  const groups: string[][] = [];
  const fails = (address: string) =>
    address === "bad" && groups.flat().filter((id) => id === "bad").length < 2;
  await jobs.workGroups("mark-seats", { groupSize: 10, concurrency: 1 }, async (group) => {
    groups.push(group.map(({ data }) => data.eventId).toSorted());
    const bad = group.filter(({ data }) => fails(data.eventId));
    return new Map(bad.map(({ id }) => [id, new Error("not yet")]));
  });
  await insertMarks(["good", "bad", "fine"]);
  await allCompleted("mark-seats", 3);
  expect(groups).toEqual([["bad", "fine", "good"], ["bad"]]);
});

test("a group that throws is done again with each job alone, and only the poisoned one comes later", async () => {
  const groups: string[][] = [];
  await jobs.workGroups("count-identities", { groupSize: 10, concurrency: 1 }, async (group) => {
    const ids = group.map(({ data }) => data.eventId as string).toSorted();
    groups.push(ids);
    if (ids.includes("poison") && groups.length < 5) throw new Error("poisoned");
    return new Map();
  });
  const wanted = ["one", "poison", "two"].map((id) => ({ data: { eventId: id as EventId } }));
  await inTransaction(pool, (sql) => jobs.insert(sql, "count-identities", wanted));
  await allCompleted("count-identities", 3);
  expect(groups[0]).toEqual(["one", "poison", "two"]);
  expect(new Set(groups.slice(1, 4).flat())).toEqual(new Set(["one", "poison", "two"]));
  expect(groups.slice(4)).toEqual([["poison"]]);
});

test("of the jobs that wait, the one of a higher priority goes first", async () => {
  const done: string[] = [];
  const job = (id: string, priority?: number) => ({
    data: { eventId: id as EventId },
    ...(priority === undefined ? {} : { priority }),
  });
  await jobs.insert(pool, "cancel-event", [job("mass", -1), job("usual"), job("urgent", 1)]);
  await jobs.workGroups("cancel-event", { groupSize: 1, concurrency: 1 }, async (group) => {
    done.push(...group.map(({ data }) => data.eventId));
    return new Map();
  });
  await waitFor(() => done.length === 3, { what: "three jobs" });
  expect(done).toEqual(["urgent", "usual", "mass"]);
});

function insertMarks(ids: readonly string[]): Promise<void> {
  const wanted = ids.map((id) => ({
    data: { eventId: id as EventId, sectionId: id as SectionId, seatNumbers: [] },
  }));
  return inTransaction(pool, (sql) => jobs.insert(sql, "mark-seats", wanted));
}

async function allCompleted(queue: string, count: number): Promise<void> {
  await waitFor(
    async () => {
      const text = "select from pgboss.job where name = $1 and state = 'completed'";
      return (await pool.query(text, [queue])).rowCount === count;
    },
    { what: `${count} jobs of ${queue}` },
  );
}

test("jobs of a transaction that is rolled back never run", async () => {
  const ran: string[] = [];
  await jobs.work("send-email", { concurrency: 1 }, async ({ notificationId }) => {
    ran.push(notificationId);
  });
  const undone = inTransaction(pool, async (sql) => {
    await jobs.insert(sql, "send-email", [{ data: { notificationId: "undone" } }]);
    throw new Error("rolled back");
  });
  await expect(undone).rejects.toThrow("rolled back");
  await jobs.insert(pool, "send-email", [{ data: { notificationId: "done" } }]);
  await waitFor(() => ran.length > 0, { what: "the other job" });
  expect(ran).toEqual(["done"]);
});

test("of jobs with one key in one span of time there is one, and those with another key are beside it", async () => {
  const job = (address: string) => ({ data: { address, span: 1 }, once: { key: address, seconds: 86_400 } });
  await Promise.all(["ann", "ann", "ann", "bob"].map((name) => jobs.insert(pool, "send-code", [job(name)])));
  await jobs.insert(pool, "send-code", [job("ann"), job("cleo")]);
  const found = await pool.query<{ address: string }>(
    "select data->>'address' as address from pgboss.job where name = 'send-code' order by 1",
  );
  expect(found.rows.map((row) => row.address)).toEqual(["ann", "bob", "cleo"]);
});

test("what is inserted into one queue is planned once a connection, whatever it is", async () => {
  const one = createPool(databaseUrl, 1);
  const soon = new Date(Date.now() + 60_000);
  await jobs.insert(one, "send-email", [{ data: { notificationId: "now" }, startAfter: soon }]);
  await jobs.insert(one, "send-email", [
    { data: { notificationId: "urgent" }, startAfter: soon, priority: 1 },
    { data: { notificationId: "beside it" }, startAfter: soon },
  ]);
  const prepared = "select from pg_prepared_statements where name like 'insert-jobs-%'";
  expect((await one.query(prepared)).rowCount).toBe(1);
  await one.end();
});
