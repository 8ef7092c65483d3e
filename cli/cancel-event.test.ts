import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRefundTest, type RefundTest } from "../booking-core/refunds/test-refunds.ts";
import { testRedisNodes } from "../test/harness/redis.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

const script = fileURLToPath(new URL("./onsale.ts", import.meta.url));

async function onsale(...args: readonly string[]) {
  const env = {
    ...process.env,
    ...{ DATABASE_URL: here.shop.databaseUrl, REDIS_URL: testRedisNodes().join(","), LOG_LEVEL: "error" },
  };
  const child = spawn(process.execPath, [script, ...args], { env });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, lines: output.trim().split("\n"), trouble };
}

test("an event is cancelled from the command line, which says how far it is until all have their money", async () => {
  const booking = await here.paid(2);
  const cancelled = await onsale("cancel", booking.eventId);
  expect(cancelled).toMatchObject({ code: 0, trouble: "" });
  expect(cancelled.lines.at(-1)).toBe("1 of 1 bookings refunded, 0 under way at the provider, 0 parked");
  expect(await here.statusOf(booking)).toBe("refunded");
  expect(await here.givenBack(booking)).toBe(9_000);
  expect(await onsale("cancel", "00000000-0000-4000-8000-000000000000")).toMatchObject({
    code: 1,
    trouble: "There is no such event.\n",
  });
}, 30_000);
