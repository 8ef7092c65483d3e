import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRefundTest, type RefundTest } from "../booking-core/refunds/test-refunds.ts";
import { testRedisNodes } from "../test/harness/redis.ts";
import { best, bookNow, bookRequest } from "../test/harness/shop.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

const script = fileURLToPath(new URL("./onsale.ts", import.meta.url));

/** Somebody at the keyboard says this, or nobody is there. */
async function onsale(args: readonly string[], said = "") {
  const env = {
    ...process.env,
    ...{ DATABASE_URL: here.shop.databaseUrl, REDIS_URL: testRedisNodes().join(","), LOG_LEVEL: "error" },
  };
  const child = spawn(process.execPath, [script, ...args], { env });
  child.stdin.end(said);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, lines: output.trim().split("\n"), trouble };
}

test("an event is cancelled from the command line, which says how far it is until all have their money", async () => {
  const booking = await here.paid(2);
  const cancelled = await onsale(["cancel", booking.eventId], "yes\n");
  expect(cancelled).toMatchObject({ code: 0, trouble: "" });
  expect(cancelled.lines[0]).toContain("all paid bookings (1)");
  expect(cancelled.lines.at(-1)).toBe("1 of 1 bookings refunded, 0 under way at the provider, 0 parked");
  expect(await here.statusOf(booking)).toBe("refunded");
  expect(await here.givenBack(booking)).toBe(9_000);
  const last = cancelled.lines.at(-1);
  expect(await onsale(["cancel", booking.eventId])).toEqual({ code: 0, trouble: "", lines: [last] });
}, 30_000);

test("it is asked first, and only yes is yes", async () => {
  const booking = await here.paid(2);
  for (const said of ["no\n", "\n", ""])
    expect(await onsale(["cancel", booking.eventId], said)).toMatchObject({
      code: 1,
      trouble: "Nothing was done. Answer `yes`, or say --yes, to call it off.\n",
    });
  expect(await here.statusOf(booking)).toBe("paid");
  const cancelled = await onsale(["cancel", booking.eventId, "--yes"]);
  expect(cancelled).toMatchObject({ code: 0, trouble: "" });
  expect(await here.statusOf(booking)).toBe("refunded");
}, 30_000);

test("it is not done while a buyer's money of another amount is still here", async () => {
  const event = await here.openPolicyEvent();
  await here.paidFor(event, 2);
  const other = await bookNow(here.shop, bookRequest(event, best(1)));
  await here.shop.pool.query(
    `insert into payments (id, booking_id, buyer_id, provider, provider_payment_id, status, amount_minor, currency,
                           problem, settled_at, received_minor, received_currency)
     values ($1::uuid, $2, $3, 'sandbox', $1::text, 'parked', 4500, 'EUR', 'wrong_amount', now(), 4400, 'EUR')`,
    [randomUUID(), other.id, other.buyerId],
  );
  const cancelled = await onsale(["cancel", event.id, "--yes"]);
  expect(cancelled).toMatchObject({ code: 1, trouble: "" });
  expect(cancelled.lines.at(-1)).toContain("1 of 1 bookings refunded");
  expect(cancelled.lines.at(-1)).toContain("waits in 1 parked payments");
}, 30_000);

test.each(["00000000-0000-4000-8000-000000000000", "the-tour"])("%s is no event", async (event) => {
  expect(await onsale(["cancel", event])).toMatchObject({ code: 1, trouble: "There is no such event.\n" });
});
