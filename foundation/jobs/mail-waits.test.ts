import { expect, test } from "vitest";
import { databaseForThisTest } from "../../test/harness/database.ts";
import { silent } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createPool } from "../postgres/pool.ts";
import { startJobs } from "./boss.ts";

test("mail waits while money is settled in the same process", async () => {
  const url = await databaseForThisTest();
  const pool = createPool(url, 4);
  const jobs = await startJobs(url, silent, { work: true });
  const done: string[] = [];
  const settling = Promise.withResolvers<void>();
  await jobs.workGroups("apply-holds", { groupSize: 1, concurrency: 1 }, async () => {
    done.push("money begins");
    await settling.promise;
    done.push("money ends");
    return new Map();
  });
  await jobs.insert(pool, "apply-holds", [{ data: { bookingIds: [] } }]);
  await waitFor(() => done.length === 1, { what: "the money" });
  await jobs.work("send-email", { concurrency: 1 }, async () => {
    done.push("mail");
  });
  await jobs.insert(pool, "send-email", [{ data: { notificationId: "waits" } }]);
  await waitFor(
    async () =>
      (await pool.query("select from pgboss.job where name = 'send-email' and state = 'active'")).rowCount ===
      1,
    { what: "the mail's job" },
  );
  settling.resolve();
  await waitFor(() => done.length === 3, { what: "both" });
  expect(done).toEqual(["money begins", "money ends", "mail"]);
  await jobs.stop();
  await pool.end();
});
