import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillWallet, newBuyerId } from "../booking-core/wallet/test-wallet.ts";
import { createPool, type Pool } from "../foundation/postgres/pool.ts";
import { createTestDatabase } from "../test/harness/database.ts";
import { testRedisNodes } from "../test/harness/redis.ts";

let pool: Pool;
let databaseUrl: string;
let drop: () => Promise<void>;
const buyerId = newBuyerId();
beforeAll(async () => {
  ({ url: databaseUrl, drop } = await createTestDatabase());
  pool = createPool(databaseUrl, 2);
  await fillWallet(pool, buyerId, 1_250n);
  await fillWallet(pool, buyerId, 99n, "JPY");
  await fillWallet(pool, newBuyerId(), 50n);
});
afterAll(async () => {
  await pool.end();
  await drop();
});

const script = fileURLToPath(new URL("./onsale.ts", import.meta.url));

async function ledger(...args: readonly string[]) {
  const env = {
    ...process.env,
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: testRedisNodes().join(","), LOG_LEVEL: "error" },
  };
  const child = spawn(process.execPath, [script, "ledger", ...args], { env });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const lines = output.split("\n").map((line) => line.trim());
  return { code: await ended, lines: lines.filter((line) => line !== ""), trouble };
}

test("balances are shown by kind and party, the greatest amount first", async () => {
  const { code, lines } = await ledger("balance", "--kind", "buyer_wallet", "--party", buyerId);
  expect(code).toBe(0);
  expect(lines).toEqual([`-1250 EUR  buyer_wallet ${buyerId}`, `-99 JPY  buyer_wallet ${buyerId}`]);
  expect((await ledger("balance", "--limit", "1")).lines).toEqual(["1300 EUR  provider_clearing sandbox"]);
  const nobody = await ledger("balance", "--party", "nobody");
  expect(nobody).toMatchObject({ code: 0, lines: [] });
  expect(nobody.trouble).toContain("no such account");
});

test("a kind that there is not is refused with the kinds that there are", async () => {
  const { code, trouble } = await ledger("balance", "--kind", "wallets");
  expect(code).toBe(1);
  expect(trouble).toContain("provider_clearing, organiser_payable");
});

test("the trial balance sums to zero in each currency, and says so by its exit where it does not", async () => {
  const { code, lines } = await ledger("trial");
  expect(code).toBe(0);
  expect(lines).toEqual([
    ...["-1300 EUR  buyer_wallet", "1300 EUR  provider_clearing", "0 EUR  total"],
    ...["-99 JPY  buyer_wallet", "99 JPY  provider_clearing", "0 JPY  total"],
  ]);
  await pool.query("alter table entries disable trigger user");
  await pool.query(
    "update entries set amount_minor = amount_minor + 1 where currency = 'JPY' and amount_minor > 0",
  );
  const broken = await ledger("trial");
  expect(broken.code).toBe(1);
  expect(broken.lines.filter((line) => line.endsWith("total"))).toEqual(["0 EUR  total", "1 JPY  total"]);
});
