import { randomUUID } from "node:crypto";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { migrateJobs } from "../foundation/jobs/schema.ts";
import { formerDatabase, migrateBy } from "./harness/former-database.ts";

test("a message that waits for its job while Onsale is upgraded is settled by the new job", async () => {
  const url = await formerDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  const before = ["0001-foundation", "0002-rooms", "0003-seats", "0004-event-versions", "0005-money"];
  await migrateBy(client, ...before.map((name) => `${name}.sql`));
  await migrateJobs(url);
  const [inboxId, bookingId] = [randomUUID(), randomUUID()];
  await client.query(
    "insert into pgboss.job (name, data) values ('settle-webhook', $1), ('apply-holds', $2)",
    [{ inboxId }, { bookingIds: [bookingId] }],
  );
  await migrateBy(client, "0006-stuck-money.sql");
  const jobs = await client.query("select name, data from pgboss.job order by name");
  expect(jobs.rows).toEqual([
    { name: "apply-holds", data: { bookingIds: [bookingId] } },
    { name: "settle-webhook", data: { inboxIds: [inboxId] } },
  ]);
});
