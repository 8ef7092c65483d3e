import type { BuyerId, PaymentId } from "../../foundation/ids.ts";
import type { LedgerAccount } from "../ledger/accounts.ts";

/** Money of a buyer is owed to the buyer: the account holds minus, and a wallet's balance is its opposite. */
export function walletOf(buyerId: BuyerId): LedgerAccount {
  return { kind: "buyer_wallet", party: buyerId };
}

export function heldFor(paymentId: PaymentId): LedgerAccount {
  return { kind: "wallet_held", party: paymentId };
}
