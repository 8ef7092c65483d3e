import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyHoldsOfJobs, expireBookings } from "../booking-core/bookings/jobs.ts";
import { sendEmail } from "../booking-core/notifications/send-email.ts";
import { openPaymentTest, type PaymentTest } from "../booking-core/payments/test-payments.ts";
import { returnWallets } from "../booking-core/wallet/ended-bookings.ts";
import { startJobs } from "../foundation/jobs/boss.ts";
import { limits } from "../foundation/limits.ts";
import { verifyShop } from "../loadtest/seats/verify-shop.ts";
import { testRedisNodes } from "./harness/redis.ts";
import { silent } from "./harness/shop.ts";
import { waitFor } from "./harness/wait-for.ts";
import { cells } from "./money/matrix.ts";
import { type Doomed, workWithDeaths } from "./money/matrix-worker.ts";
import { runCell } from "./money/run-cell.ts";

const atOnce = 14;
const doomed: Doomed = { payments: new Set(), deaths: 0 };

let here: PaymentTest;
let stop: () => Promise<void>;
/** What each cell came to; all are played before the first is judged. */
const ends = new Map<string, string>();

beforeAll(async () => {
  here = await openPaymentTest({ work: false });
  const jobs = await startJobs(here.shop.databaseUrl, silent, { work: true });
  stop = () => jobs.stop();
  const till = { ...here.till, jobs };
  await workWithDeaths(till, doomed);
  await jobs.workGroups("apply-holds", limits.booking.holdJobs, (group) => applyHoldsOfJobs(till, group));
  await jobs.work("expire-bookings", { concurrency: 2 }, (data) => expireBookings(till, data));
  await jobs.work("return-wallets", { concurrency: 2 }, (data) => returnWallets(till, data));
  await jobs.work("send-email", { concurrency: 2 }, (data) => sendEmail(till, data));
  await playAll();
}, 120_000);
afterAll(async () => {
  await stop();
  await here.close();
});

async function playAll(): Promise<void> {
  const left = [...cells];
  const play = async () => {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
      const end = await runCell(here, doomed, cell).catch((error: unknown) => String(error));
      ends.set(cell.name, end);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, play));
}

describe("a payment and what happens to its messages", () => {
  test.each(cells)("$name: $end", ({ name, end }) => {
    expect(ends.get(name)).toBe(end);
  });
});

describe("when all of them have ended", () => {
  test("workers have died at many statements, and nothing is left under way", async () => {
    expect(doomed.deaths).toBeGreaterThan(50);
    const open = await waitFor(
      async () => {
        const books = await here.till.books();
        const text = "select from webhook_inbox where settled_at is null";
        return books.webhooksOnTheirWay === 0 && (await here.shop.pool.query(text)).rowCount === 0;
      },
      { what: "the last message" },
    );
    expect(open).toBe(true);
  });

  test("the provider's books are ours, to the cent", async () => {
    const theirs = (await here.till.books()).totals.map(({ currency, chargedMinor, refundedMinor }) => [
      currency,
      BigInt(chargedMinor) - BigInt(refundedMinor),
    ]);
    const ours = await here.shop.pool.query<{ currency: string; sum: bigint }>(
      `select a.currency, sum(e.amount_minor)::bigint as sum from ledger_accounts a join entries e on e.account_id = a.id
        where a.kind = 'provider_clearing' group by a.currency`,
    );
    expect(Object.fromEntries(theirs)).toEqual(
      Object.fromEntries(ours.rows.map(({ currency, sum }) => [currency, sum])),
    );
  });

  test("`onsale verify` finds nothing", async () => {
    const said: string[] = [];
    const shop = { databaseUrl: here.shop.databaseUrl, redisUrls: testRedisNodes() };
    const { value } = await verifyShop(shop, (line) => said.push(line));
    expect([value, said]).toEqual([0, []]);
  });
});
