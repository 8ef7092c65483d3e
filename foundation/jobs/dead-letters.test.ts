import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/harness/database.ts";
import { silent } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createPool, inTransaction, type Pool } from "../postgres/pool.ts";
import { type Jobs, startJobs } from "./boss.ts";
import { dismissDeadLetter, listDeadLetters, retryDeadLetter } from "./dead-letters.ts";
import { deadLetterQueue } from "./queues.ts";

let pool: Pool;
let jobs: Jobs;
let drop: () => Promise<void>;
let isMended = false;
const done: string[] = [];

beforeAll(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  pool = createPool(database.url, 4);
  // A job's tries are those of its queue when it was inserted.
  await pool.query("update pgboss.queue set retry_limit = 1, retry_delay = 0, retry_backoff = false");
  jobs = await startJobs(database.url, silent, { work: true });
  await jobs.work("send-email", { concurrency: 2 }, async ({ notificationId }) => {
    if (!isMended) throw new Error(`no mail server for ${notificationId}`);
    done.push(notificationId);
  });
});
afterAll(async () => {
  await jobs.stop();
  await pool.end();
  await drop();
});

async function deadLetterOf(notificationId: string) {
  await jobs.insert(pool, "send-email", [{ data: { notificationId } }]);
  return waitFor(
    async () => {
      const { items } = await listDeadLetters(pool, { limit: 10 });
      return items.find(({ data }) => JSON.stringify(data).includes(notificationId));
    },
    { what: "the dead letter" },
  );
}

test("a job that failed too often is seen with its reason, and runs again once when it is told to", async () => {
  const letter = await deadLetterOf("first");
  expect(letter).toMatchObject({ queue: "send-email", error: "no mail server for first", attempts: 2 });
  isMended = true;
  const retries = [1, 2].map(() => inTransaction(pool, (sql) => retryDeadLetter(jobs, sql, letter.id)));
  const taken = await Promise.all(retries);
  expect(taken.filter((one) => one !== undefined)).toHaveLength(1);
  await waitFor(() => done.length > 0, { what: "the job" });
  expect(done).toEqual(["first"]);
  expect((await listDeadLetters(pool, { limit: 10 })).items).toEqual([]);
  isMended = false;
});

test("a retry that is rolled back leaves the dead letter where it is", async () => {
  const letter = await deadLetterOf("second");
  const undone = inTransaction(pool, async (sql) => {
    await retryDeadLetter(jobs, sql, letter.id);
    throw new Error("rolled back");
  });
  await expect(undone).rejects.toThrow("rolled back");
  expect((await listDeadLetters(pool, { limit: 10 })).items).toMatchObject([{ id: letter.id }]);
  expect(await dismissDeadLetter(pool, letter.id)).toMatchObject({ queue: "send-email" });
  expect(await dismissDeadLetter(pool, letter.id)).toBeUndefined();
  expect((await listDeadLetters(pool, { limit: 10 })).items).toEqual([]);
});

test("the pages follow each other, the newest first", async () => {
  for (const index of [1, 2, 3])
    await pool.query(
      "insert into pgboss.job (name, data, created_on, source_name) values ($1, $2, now() + $3 * interval '1 s', 'send-email')",
      [deadLetterQueue, JSON.stringify({ notificationId: `page ${index}` }), index],
    );
  const first = await listDeadLetters(pool, { limit: 2 });
  const second = await listDeadLetters(pool, { limit: 2, after: first.next });
  expect(second.next).toBeUndefined();
  expect([...first.items, ...second.items].map(({ data }) => data)).toEqual(
    [3, 2, 1].map((index) => ({ notificationId: `page ${index}` })),
  );
});
