import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type PaymentId, uuidSource } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { best, bookNow, bookRequest, openEvent, openShop, type Shop } from "../../test/harness/shop.ts";
import type { Booking } from "../bookings/booking.ts";
import { endBookings } from "../bookings/transitions.ts";
import { holdWallet } from "../wallet/hold-wallet.ts";
import { returnWallet } from "../wallet/return-wallet.ts";
import { fillWallet } from "../wallet/test-wallet.ts";
import { ledgerChecks } from "./ledger-checks.ts";

let shop: Shop;
let booking: Booking;
let paymentId: PaymentId;
beforeEach(async () => {
  shop = await openShop();
  booking = await bookNow(shop, bookRequest(await openEvent(shop), best(2)));
  await fillWallet(shop.pool, booking.buyerId, 5_000n);
  paymentId = await startPayment(1_000n);
});
afterEach(() => shop.close());

const ids = uuidSource;

/** With a part of the wallet put aside. */
async function startPayment(walletMinor: bigint): Promise<PaymentId> {
  const id = ids.next<PaymentId>();
  const { id: bookingId, buyerId, total } = booking;
  await inTransaction(shop.pool, async (sql) => {
    await sql.query(
      `insert into payments (id, booking_id, buyer_id, provider, status, amount_minor, currency, wallet_minor, wallet_state)
       values ($1, $2, $3, 'sandbox', 'pending', $4, 'EUR', $5, 'held')`,
      [id, bookingId, buyerId, total.amountMinor - walletMinor, walletMinor],
    );
    await holdWallet({ ids }, sql, { id, bookingId, buyerId, walletMinor, currency: "EUR" });
  });
  return id;
}

async function sentences(): Promise<string[]> {
  const looks = await Promise.all(ledgerChecks(shop.pool).map((check) => check.look()));
  return looks.flatMap(({ suspects }) => [...suspects.values()]);
}

/** As only the owner of the tables can, who switches the guards off. */
async function unguarded(table: string, statement: string): Promise<void> {
  await shop.pool.query(`alter table ${table} disable trigger user`);
  await shop.pool.query(statement);
  await shop.pool.query(`alter table ${table} enable trigger user`);
}

const balancesOf = (kind: string) => `account_id in (select id from ledger_accounts where kind = '${kind}')`;

test("books with a wallet that was filled, put aside and given back are clean", async () => {
  expect(await sentences()).toEqual([]);
  await inTransaction(shop.pool, (sql) => returnWallet({ ids }, sql, [{ id: paymentId }]));
  expect(await sentences()).toEqual([]);
  const looked = await Promise.all(ledgerChecks(shop.pool).map((check) => check.look()));
  expect(looked.map(({ checked }) => checked)).toEqual([3, 3, 3, 1, 2, 2, 1]);
});

describe("it is seen", () => {
  test("that an account holds something else than its entries say", async () => {
    await unguarded(
      "account_balances",
      `update account_balances set balance_minor = balance_minor - 7 where ${balancesOf("buyer_wallet")}`,
    );
    const found = await sentences();
    expect(found).toContain(
      `account buyer_wallet ${booking.buyerId} in EUR holds -4007, and its entries sum to -4000`,
    );
    expect(found).toContain("the accounts in EUR hold -7 together");
  });

  test("that a balance is missing", async () => {
    await unguarded(
      "account_balances",
      `delete from account_balances where ${balancesOf("provider_clearing")}`,
    );
    expect(await sentences()).toContain(
      "account provider_clearing sandbox in EUR holds 0, and its entries sum to 5000",
    );
  });

  test("that a wallet is overdrawn, and that the database would let it be", async () => {
    await shop.pool.query("alter table account_balances drop constraint wallets_never_negative");
    await startPayment(4_500n);
    const found = await sentences();
    expect(found).toContain(`account buyer_wallet ${booking.buyerId} in EUR is overdrawn by 500`);
    expect(found).toContain("the database would let a wallet be overdrawn");
  });

  test("that a wallet's row does not say that it may not be", async () => {
    await unguarded(
      "account_balances",
      `update account_balances set never_above_zero = false where ${balancesOf("buyer_wallet")}`,
    );
    expect(await sentences()).toEqual([`account buyer_wallet ${booking.buyerId} in EUR could be overdrawn`]);
  });

  test("that more is put aside than the payment says, or for none", async () => {
    await shop.pool.query("update payments set wallet_state = 'returned' where id = $1", [paymentId]);
    expect(await sentences()).toEqual([
      `payment ${paymentId} has 1000 of a wallet put aside, and its part of 1000 is returned`,
    ]);
    await shop.pool.query("update payments set wallet_state = 'held', wallet_minor = 900 where id = $1", [
      paymentId,
    ]);
    expect(await sentences()).toEqual([
      `payment ${paymentId} has 1000 of a wallet put aside, and its part of 900 is held`,
    ]);
  });

  test("that something is put aside for a payment that there is not", async () => {
    const nobody = ids.next<PaymentId>();
    await shop.pool.query(
      "insert into ledger_accounts (id, kind, party, currency) values ($1::uuid, 'wallet_held', $1::text, 'EUR')",
      [nobody],
    );
    expect(await sentences()).toEqual([
      `account wallet_held ${nobody} in EUR is of no payment in this currency`,
    ]);
  });

  test("that a booking has ended long ago, and the wallet's part did not go back", async () => {
    await inTransaction(shop.pool, (sql) => endBookings(sql, [booking.id], "expired", Date.now() - 61_000));
    expect(await sentences()).toEqual([
      `payment ${paymentId} still has 1000 of a wallet put aside for booking ${booking.id}, which is expired`,
    ]);
  });

  test("that a payment's money is not in the books", async () => {
    await shop.pool.query(
      "update payments set status = 'succeeded', received_minor = 8000, received_currency = 'EUR' where id = $1",
      [paymentId],
    );
    expect(await sentences()).toEqual([`payment ${paymentId} is succeeded and the ledger says otherwise`]);
  });

  test.each([
    ["entries", "entries_append_only"],
    ["entries", "entries_add_up"],
    ["transfers", "transfers_append_only"],
    ["account_balances", "account_balances_follow"],
    ["account_balances", "account_balances_stay"],
    ["payments", "payments_stay"],
  ])("that on %s the guard %s is switched off", async (table, trigger) => {
    await shop.pool.query(`alter table ${table} disable trigger ${trigger}`);
    expect(await sentences()).toEqual([`the trigger ${trigger} is missing or switched off`]);
  });
});
