import { join } from "node:path";
import { fillWallet } from "../../booking-core/wallet/test-wallet.ts";
import { loadConfig } from "../../foundation/config.ts";
import { type BookingId, type BuyerId, identityFrom, uuidSource } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { createTokens } from "../../foundation/tokens.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import { verifyShop } from "../seats/verify-shop.ts";
import { type Flood, flood, type Post } from "./flood.ts";
import { makeSales } from "./sales.ts";
import { openTill, startStorage } from "./till.ts";
import { untilWorkedOff } from "./worked-off.ts";

const spends = 100;
const affordable = 10;
const plan = { sections: 1, rows: 10, seatsPerRow: 20 };
const hourMs = 3_600_000;

/** A wallet with money for ten bookings, and a hundred that all want to be paid from it at once. */
export const walletPart: Part = {
  name: "wallet",
  async measure({ folder, say }) {
    const storage = await startStorage(join(folder, "wallet"), [plan]);
    const till = await openTill(storage);
    try {
      await till.startWorker();
      const [event] = storage.events;
      if (event === undefined) throw new Error("there is no event");
      const buyerId = uuidSource.next<BuyerId>();
      await makeSales(storage.pool, event, spends);
      const { ids, priceMinor } = await handOver(storage.pool, buyerId);
      await fillWallet(storage.pool, buyerId, priceMinor * BigInt(affordable));
      const posts = postsOf(ids, buyerId, priceMinor);
      const all = await untilAnswered(() => flood(till.gatewayPort, spends, posts));
      say([...all.statuses].map(([status, count]) => `${count} × ${status}`).join(", "));
      await untilWorkedOff(storage.pool);
      return [...(await figures(storage.pool, buyerId, all)), await verifyShop(storage, say)];
    } finally {
      await till.stop();
      await storage.stop();
    }
  },
};

/** Who finds no room for now (503) comes again with the same key, as a client does; here all of them do. */
async function untilAnswered(spend: () => Promise<Flood>): Promise<Flood> {
  for (;;) {
    const all = await spend();
    if (!all.statuses.has(503)) return all;
  }
}

/** All bookings are this buyer's, and nothing is under way for them. */
async function handOver(pool: Pool, buyerId: BuyerId) {
  await pool.query("update payments set buyer_id = $1, status = 'failed', settled_at = now()", [buyerId]);
  const found = await pool.query<{ id: BookingId; total: bigint }>(
    "update bookings set buyer_id = $1 returning id, total_minor as total",
    [buyerId],
  );
  return { ids: found.rows.map(({ id }) => id), priceMinor: found.rows[0]?.total ?? 0n };
}

function postsOf(ids: readonly BookingId[], buyerId: BuyerId, priceMinor: bigint): Post[] {
  const email = `${buyerId}@onsale.example`;
  const identity = identityFrom("email", email);
  const buyer = { buyerId, identity, email, guest: false, verified: true, role: "buyer" } as const;
  const token = createTokens(loadConfig({}).TOKEN_SECRET).sign("buyer", buyer, Date.now() + hourMs);
  const body = JSON.stringify({ wallet: Number(priceMinor) });
  return ids.map((id) => ({
    path: `/v1/bookings/${id}/payments`,
    headers: { Authorization: `Bearer ${token}`, "Idempotency-Key": uuidSource.next<string>() },
    body,
  }));
}

async function figures(pool: Pool, buyerId: BuyerId, all: Flood): Promise<Measurement[]> {
  const paid = (await pool.query("select from bookings where status = 'paid'")).rowCount ?? 0;
  const left = await pool.query<{ minor: bigint }>(
    `select coalesce(sum(b.balance_minor), 0)::bigint as minor from account_balances b
       join ledger_accounts a on a.id = b.account_id where a.kind = 'buyer_wallet' and a.party = $1`,
    [buyerId],
  );
  const leftMinor = Number(-(left.rows[0]?.minor ?? 0n));
  const exactly = { of: "value", sign: "≤", at: 0, size: "any" } as const;
  const limit = { name: "that the wallet has money for", value: affordable };
  return [
    { name: "of 100 parallel spends that succeed", value: paid, unit: "bookings", limit },
    {
      name: "more or less than there was money for",
      value: Math.abs(paid - affordable),
      unit: "bookings",
      bar: exactly,
    },
    { name: "left in the wallet", value: Math.abs(leftMinor), unit: "cents", bar: exactly },
    { name: "spends answered", value: all.perSecond, unit: "spends/s" },
  ];
}
