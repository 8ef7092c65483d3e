import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/harness/database.ts";
import { silent } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { RefundId } from "../ids.ts";
import { createPool, inTransaction, type Pool } from "../postgres/pool.ts";
import { type Jobs, startJobs } from "./boss.ts";

let pool: Pool;
let jobs: Jobs;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
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
  await jobs.work("settle-webhook", { concurrency: 4 }, async ({ inboxId }) => {
    done.push(inboxId);
  });
  const burst = Array.from({ length: 200 }, (_, index) => ({ data: { inboxId: `${index}` } }));
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
