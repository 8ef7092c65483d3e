import { expect, test } from "vitest";
import { createTestDatabase } from "../test/harness/database.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import { startJobs } from "./jobs/boss.ts";
import { createLogger } from "./log.ts";
import { createPool } from "./postgres/pool.ts";

test("what pg-boss reports is written with message, stack, code and queue", async () => {
  const lines: { msg: string; err: unknown }[] = [];
  const logger = createLogger("test", "error", { write: (line) => void lines.push(JSON.parse(line)) });
  const database = await createTestDatabase();
  const pool = createPool(database.url, 1);
  const jobs = await startJobs(database.url, logger, { work: true });
  try {
    await pool.query("alter table pgboss.job rename to taken_away");
    await jobs.work("send-email", { concurrency: 1 }, async () => undefined);
    const [told] = await waitFor(() => lines.length > 0 && lines, { what: "an error in the log" });
    await pool.query("alter table pgboss.taken_away rename to job");
    expect(told).toMatchObject({
      msg: "pg-boss reports an error",
      err: { message: expect.stringContaining("does not exist"), stack: expect.any(String), code: "42P01" },
    });
  } finally {
    await jobs.stop();
    await pool.end();
    await database.drop();
  }
});
