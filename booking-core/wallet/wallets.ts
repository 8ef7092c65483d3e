import type { BuyerId } from "../../foundation/ids.ts";
import type { Currency, Money } from "../../foundation/money.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { type AccountEntry, type EntriesCursor, readAccountHistory } from "../ledger/account-history.ts";
import { readBalances } from "../ledger/balances.ts";
import { walletOf } from "./wallet-accounts.ts";

/** What came to a wallet (plus) or was taken from it. */
export type WalletEntry = Omit<AccountEntry, "amountMinor"> & { readonly amount: Money };

export type WalletPage = {
  readonly entries: readonly WalletEntry[];
  /** Nothing where this is the last page. */
  readonly next: EntriesCursor | undefined;
};

export type WalletHistoryRequest = {
  readonly buyerId: BuyerId;
  readonly currency: Currency;
  readonly after?: EntriesCursor | undefined;
  readonly limit: number;
};

/** Only the buyer's own. */
export type Wallets = {
  /** One a currency. */
  balances(buyerId: BuyerId): Promise<Money[]>;
  history(request: WalletHistoryRequest): Promise<WalletPage>;
};

/** More currencies than there are. */
const currenciesMost = 300;

export function createWallets({ pool }: { readonly pool: Pool }): Wallets {
  return {
    async balances(buyerId) {
      const { kind, party } = walletOf(buyerId);
      const found = await readBalances(pool, { kinds: [kind], party, limit: currenciesMost });
      const balances = found.map(({ balanceMinor, currency }) => ({ amountMinor: -balanceMinor, currency }));
      return balances.sort((left, right) => (left.currency < right.currency ? -1 : 1));
    },
    async history({ buyerId, currency, after, limit }) {
      const page = await readAccountHistory(pool, { account: walletOf(buyerId), currency, after, limit });
      const entries = page.entries.map(({ amountMinor, ...entry }) => {
        return { ...entry, amount: { amountMinor: -amountMinor, currency } };
      });
      return { entries, next: page.next };
    },
  };
}
