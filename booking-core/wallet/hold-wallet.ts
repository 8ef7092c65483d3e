import type { BookingId, BuyerId, IdSource, PaymentId } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { lockBalance } from "../ledger/balances.ts";
import { type NewTransfer, recordTransfers } from "../ledger/record-transfers.ts";
import { heldFor, walletOf } from "./wallet-accounts.ts";

/** What of a payment comes from the wallet. */
export type WalletPart = {
  readonly id: PaymentId;
  readonly bookingId: BookingId | null;
  readonly buyerId: BuyerId;
  readonly walletMinor: bigint;
  readonly currency: string;
};

/**
 * What the wallet has, and nobody else can spend it until the transaction ends. It is the last row that a transaction
 * locks, so that two never wait for each other in a circle.
 */
export async function lockWallet(sql: Sql, buyerId: BuyerId, currency: string): Promise<bigint> {
  return -(await lockBalance(sql, walletOf(buyerId), currency));
}

/** Puts the part aside, in the caller's transaction, which has the wallet locked and has seen that it is there. */
export async function holdWallet(
  { ids }: { readonly ids: IdSource },
  sql: Sql,
  part: WalletPart,
  time = 1,
): Promise<void> {
  await recordTransfers(sql, ids, [transferOf("wallet_hold", part, time)]);
}

/** `time`: a part that was returned can be held again, which is another transfer. */
export function transferOf(
  kind: "wallet_hold" | "wallet_return",
  part: WalletPart,
  time: number,
): NewTransfer {
  const { id: paymentId, bookingId, buyerId, walletMinor, currency } = part;
  const amountMinor = kind === "wallet_hold" ? walletMinor : -walletMinor;
  return {
    ...{ key: `${kind} ${paymentId} ${time}`, kind, currency, bookingId, paymentId },
    entries: [
      { account: walletOf(buyerId), amountMinor },
      { account: heldFor(paymentId), amountMinor: -amountMinor },
    ],
  };
}
