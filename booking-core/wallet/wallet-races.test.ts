import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BookingId, type BuyerId, type PaymentId, uuidSource } from "../../foundation/ids.ts";
import { createPool, inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import { createTestDatabase } from "../../test/harness/database.ts";
import { best, bookNow, bookRequest, newBuyer, openEvent, rowsOf } from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { balanceOf } from "../ledger/balances.ts";
import { type NewTransfer, recordTransfers } from "../ledger/record-transfers.ts";
import { openPaymentTest, type PaymentTest } from "../payments/test-payments.ts";
import { openRefunds } from "../refunds/open-refunds.ts";
import { holdWallet, lockWallet, transferOf } from "./hold-wallet.ts";
import { fillWallet, newBuyerId, openTopUp, payTopUp } from "./test-wallet.ts";
import { walletOf } from "./wallet-accounts.ts";

const ids = uuidSource;
const priceMinor = 4_500n;

describe("spends that only touch the books", () => {
  let pool: Pool;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await createTestDatabase();
    pool = createPool(database.url, 20);
    drop = database.drop;
  });
  afterAll(async () => {
    await pool.end();
    await drop();
  });

  const partOf = async (buyerId: BuyerId, walletMinor: bigint) => {
    const id = await openTopUp(pool, buyerId, 1n);
    return { id, bookingId: null, buyerId, walletMinor, currency: "EUR" };
  };
  const inWallet = async (buyerId: BuyerId) => -(await balanceOf(pool, walletOf(buyerId), "EUR"));
  /** All read, then all write: what a server that looks first does under load. */
  const spendUnlocked = async (buyerId: BuyerId, spends: number) => {
    const parts = await Promise.all(Array.from({ length: spends }, () => partOf(buyerId, 100n)));
    const read = Promise.withResolvers<void>();
    let waiting = spends;
    const spend = async (sql: Sql, part: (typeof parts)[number]) => {
      const available = -(await balanceOf(sql, walletOf(buyerId), "EUR"));
      waiting -= 1;
      if (waiting === 0) read.resolve();
      await read.promise;
      if (available >= part.walletMinor) await holdWallet({ ids }, sql, part);
    };
    return Promise.allSettled(parts.map((part) => inTransaction(pool, (sql) => spend(sql, part))));
  };

  test("overdraw a wallet where nothing guards it", async () => {
    const buyerId = newBuyerId();
    await fillWallet(pool, buyerId, 300n);
    await pool.query("alter table account_balances drop constraint wallets_never_negative");
    try {
      await spendUnlocked(buyerId, 10);
      expect(await inWallet(buyerId)).toBe(-700n);
      await fillWallet(pool, buyerId, 700n);
    } finally {
      await pool.query(
        "alter table account_balances add constraint wallets_never_negative check (not never_above_zero or balance_minor <= 0)",
      );
    }
  });

  test("are refused by the database itself, where the caller forgets to lock", async () => {
    const buyerId = newBuyerId();
    await fillWallet(pool, buyerId, 300n);
    const outcomes = await spendUnlocked(buyerId, 10);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(String(outcome.reason)).toContain("wallets_never_negative");
    expect(await inWallet(buyerId)).toBe(0n);
  });

  test("find nothing in a wallet that was never filled", async () => {
    const buyerId = newBuyerId();
    const part = await partOf(buyerId, 1n);
    const spend = inTransaction(pool, (sql) => holdWallet({ ids }, sql, part));
    await expect(spend).rejects.toThrow("wallets_never_negative");
    expect(await inTransaction(pool, (sql) => lockWallet(sql, buyerId, "EUR"))).toBe(0n);
  });

  test("of many wallets in one transaction never wait in a circle", async () => {
    const buyers = Array.from({ length: 6 }, newBuyerId);
    for (const buyerId of buyers) await fillWallet(pool, buyerId, 1_000n);
    const spendAll = async (_: unknown, writer: number) => {
      const turned = writer % 2 === 0 ? buyers : buyers.toReversed();
      for (let round = 0; round < 5; round += 1) {
        const holds: NewTransfer[] = [];
        for (const buyerId of turned) holds.push(transferOf("wallet_hold", await partOf(buyerId, 1n), 1));
        await inTransaction(pool, (sql) => recordTransfers(sql, ids, holds));
      }
    };
    await Promise.all(Array.from({ length: 8 }, spendAll));
    expect(await Promise.all(buyers.map(inWallet))).toEqual(buyers.map(() => 960n));
  });
});

describe("a buyer with money for 10 bookings", () => {
  let here: PaymentTest;
  beforeAll(async () => {
    here = await openPaymentTest({ work: false });
  });
  afterAll(() => here.close());

  const bookMany = async (bookings: number) => {
    const event = await openEvent(here.shop, { sections: [rowsOf(50, 50, 50)] });
    const buyer = newBuyer();
    const booked: Booking[] = await Promise.all(
      Array.from({ length: bookings }, () => bookNow(here.shop, bookRequest(event, best(1), { buyer }))),
    );
    return { buyerId: buyer.buyerId, booked };
  };
  const spend = async ({ buyerId, id: bookingId }: Booking): Promise<string> => {
    const request = { buyerId, bookingId, idempotencyKey: randomUUID(), language: "en" as const };
    for (;;) {
      try {
        return (await here.till.payments.start({ ...request, wallet: priceMinor })).outcome;
      } catch (error) {
        // A machine under load has no connection for a while; a client then tries again with the same key.
        if (!String(error).includes("timeout exceeded when trying to connect")) throw error;
      }
    }
  };
  const inWallet = async (buyerId: BuyerId) => -(await balanceOf(here.shop.pool, walletOf(buyerId), "EUR"));

  test("pays exactly 10 of 100 at once", async () => {
    const { buyerId, booked } = await bookMany(100);
    await fillWallet(here.shop.pool, buyerId, 10n * priceMinor);
    const outcomes = await Promise.all(booked.map(spend));
    expect(outcomes.filter((outcome) => outcome === "started")).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === "wallet_insufficient")).toHaveLength(90);
    expect(await inWallet(buyerId)).toBe(0n);
    const paid = "select from bookings where buyer_id = $1 and status = 'paid'";
    expect((await here.shop.pool.query(paid, [buyerId])).rowCount).toBe(10);
  });

  test("pays no more than there is, with money that comes in and goes back meanwhile", async () => {
    const { buyerId, booked } = await bookMany(60);
    await fillWallet(here.shop.pool, buyerId, 10n * priceMinor);
    const topUps = await Promise.all(
      Array.from({ length: 10 }, () => openTopUp(here.shop.pool, buyerId, priceMinor)),
    );
    let refunded = 0n;
    const spendAndRefund = async (booking: Booking, index: number) => {
      const outcome = await spend(booking);
      if (outcome === "started" && index % 3 === 0 && (await refundOne(booking))) refunded += priceMinor;
      return outcome;
    };
    const [outcomes] = await Promise.all([
      Promise.all(booked.map(spendAndRefund)),
      Promise.all(topUps.map((id) => payTopUp(here.shop.pool, id))),
    ]);
    const spent = BigInt(outcomes.filter((outcome) => outcome === "started").length) * priceMinor;
    expect(new Set(outcomes)).toEqual(new Set(["started", "wallet_insufficient"]));
    expect(refunded).toBeGreaterThan(0n);
    expect(await inWallet(buyerId)).toBe(20n * priceMinor + refunded - spent);
    expect(await inWallet(buyerId)).toBeGreaterThanOrEqual(0n);
  });

  /** What was paid from the wallet goes back to it. */
  async function refundOne({ id: bookingId, buyerId, eventId }: Booking): Promise<boolean> {
    return inTransaction(here.shop.pool, async (sql) => {
      const found = await sql.query<{ id: PaymentId }>(
        "select id from payments where booking_id = $1 and status = 'succeeded' for update",
        [bookingId],
      );
      const paymentId = found.rows[0]?.id;
      if (paymentId === undefined) return false;
      await openRefunds({ ...here.till }, sql, [wholeRefund({ paymentId, bookingId, buyerId, eventId })]);
      return true;
    });
  }
});

type Whole = Pick<Booking, "buyerId" | "eventId"> & { paymentId: PaymentId; bookingId: BookingId };

function wholeRefund({ paymentId, bookingId, buyerId, eventId }: Whole) {
  return {
    ...{ paymentId, bookingId, buyerId, reason: "organiser" as const, positions: [0], requestedBy: null },
    ...{ amountMinor: 0n, walletMinor: priceMinor, currency: "EUR", key: `test ${paymentId}` },
    source: { eventId, netMinor: priceMinor, feeMinor: 0n, taxMinor: 0n },
  };
}
