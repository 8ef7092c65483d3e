import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deadLetterQueue } from "../foundation/jobs/queues.ts";
import { testRedisNodes } from "../test/harness/redis.ts";
import { best, bookNow, bookRequest, openEvent, openShop, type Shop } from "../test/harness/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const script = fileURLToPath(new URL("./onsale.ts", import.meta.url));

function start(args: readonly string[]) {
  const env = {
    ...process.env,
    ...{ DATABASE_URL: shop.databaseUrl, REDIS_URL: testRedisNodes().join(","), LOG_LEVEL: "error" },
  };
  return spawn(process.execPath, [script, ...args], { env });
}

async function onsale(...args: readonly string[]) {
  const child = start(args);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output, trouble };
}

test("dead letters are listed a line each, and retried by their ids", async () => {
  const id = randomUUID();
  await shop.pool.query(
    "insert into pgboss.job (id, name, data, source_name) values ($1, $2, '{\"inboxId\": \"x\"}', 'settle-webhook')",
    [id, deadLetterQueue],
  );
  const listed = await onsale("dead-letters", "list");
  expect(listed).toMatchObject({ code: 0, trouble: "" });
  expect(JSON.parse(listed.output)).toMatchObject({ id, queue: "settle-webhook", data: { inboxId: "x" } });
  expect(await onsale("dead-letters", "retry", id)).toMatchObject({
    code: 0,
    output: `${id}: queued again\n`,
  });
  expect(await onsale("dead-letters", "retry", id, "no-id")).toMatchObject({
    code: 1,
    output: `${id}: there is no such dead letter\nno-id: there is no such dead letter\n`,
  });
  const jobs = await shop.pool.query("select from pgboss.job where name = 'settle-webhook'");
  expect(jobs.rowCount).toBe(1);
});

test("a parked message is replayed from the command line, and the audit log says from where", async () => {
  const id = randomUUID();
  await shop.pool.query(
    `insert into webhook_inbox (id, provider, provider_event_id, body, status, settled_at, outcome)
     values ($1::uuid, 'sandbox', $1::text, '{}', 'parked', now(), 'parked: not ours')`,
    [id],
  );
  expect((await onsale("webhooks", "list")).output).toContain(id);
  expect(await onsale("webhooks", "replay", id)).toMatchObject({ code: 0 });
  expect(await onsale("webhooks", "dismiss", id, randomUUID())).toMatchObject({
    code: 1,
    output: expect.stringMatching(/: nothing holds it up\n.*: there is no such message\n$/),
  });
  expect((await onsale("webhooks", "list")).output).toBe("");
  const audit = await shop.pool.query("select actor_email from audit_log where action = 'webhook_replayed'");
  expect(audit.rows).toEqual([{ actor_email: "command line" }]);
});

test("a parked payment is listed, and goes back by a word that the audit log keeps", async () => {
  const event = await openEvent(shop);
  const booking = await bookNow(shop, bookRequest(event, best(1)));
  const id = randomUUID();
  await shop.pool.query(
    `insert into payments (id, booking_id, buyer_id, provider, provider_payment_id, status, amount_minor, currency,
                           problem, settled_at, received_minor, received_currency)
     values ($1::uuid, $2, $3, 'sandbox', $1::text, 'parked', 4500, 'EUR', 'wrong_amount', now(), 4400, 'EUR')`,
    [id, booking.id, booking.buyerId],
  );
  const listed = await onsale("payments", "list");
  expect(JSON.parse(listed.output)).toMatchObject({ id, received: { amountMinor: 4_400, currency: "EUR" } });
  expect(await onsale("payments", "refund", id)).toMatchObject({ code: 1 });
  expect(await onsale("payments", "refund", id, "no-id", "--why", "asked for")).toMatchObject({
    code: 1,
    output: `${id}: on its way back\nno-id: there is no such payment\n`,
  });
  expect((await onsale("payments", "list")).output).toBe("");
  const audit = await shop.pool.query("select after from audit_log where action = 'payment_refunded'");
  expect(audit.rows).toEqual([{ after: { paymentId: id, why: "asked for" } }]);
});

test("who reads one line of many and goes away ends the list without a trace", async () => {
  // More than a pipe holds.
  await shop.pool.query(
    `insert into webhook_inbox (id, provider, provider_event_id, body, status, settled_at, outcome)
     select gen_random_uuid(), 'sandbox', 'deaf ' || n, repeat('x', 10000), 'parked', now(), 'not ours'
       from generate_series(1, 300) n`,
  );
  const child = start(["webhooks", "list"]);
  const [trouble] = await Promise.all([
    text(child.stderr),
    once(child.stdout, "data").then(() => child.stdout.destroy()),
    once(child, "exit"),
  ]);
  expect({ code: child.exitCode, trouble }).toEqual({ code: 0, trouble: "" });
});

test("an e-mail that failed is listed until it is dismissed", async () => {
  const booking = await bookNow(shop, bookRequest(await openEvent(shop), best(1)));
  const id = randomUUID();
  await shop.pool.query(
    `insert into notifications (id, booking_id, channel, template, fact, recipient, status, last_error)
     values ($1, $2, 'email', 'tickets', 'paid', 'a@b.example', 'failed', '550 no such user')`,
    [id, booking.id],
  );
  expect(JSON.parse((await onsale("emails", "list")).output)).toMatchObject({
    id,
    lastError: "550 no such user",
  });
  expect(await onsale("emails", "dismiss", id)).toMatchObject({ code: 0, output: `${id}: dismissed\n` });
  expect((await onsale("emails", "list")).output).toBe("");
  expect(await onsale("emails", "resend", id)).toMatchObject({ code: 0, output: `${id}: queued again\n` });
});
