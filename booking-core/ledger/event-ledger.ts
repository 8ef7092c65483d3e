import type { EventId } from "../../foundation/ids.ts";
import type { Currency } from "../../foundation/money.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { type EntriesPage, readAccountHistory } from "./account-history.ts";
import { readBalances } from "./balances.ts";

/** The accounts that an event has for itself. */
export const eventAccounts = ["organiser_payable", "taxes_payable", "house_fees"] as const;
export type EventAccount = (typeof eventAccounts)[number];

export type EventBalance = {
  readonly account: EventAccount;
  readonly currency: Currency;
  /** As in the books: minus is owed. */
  readonly balanceMinor: bigint;
};

export type EventEntriesRequest = {
  readonly eventId: EventId;
  readonly account: EventAccount;
  readonly currency: Currency;
  readonly after?: string | undefined;
  readonly limit: number;
};

/** What the books say of one event. */
export type EventLedger = {
  balances(eventId: EventId): Promise<EventBalance[]>;
  entries(request: EventEntriesRequest): Promise<EntriesPage>;
};

const accountsMost = 100;

export function createEventLedger({ pool }: { readonly pool: Sql }): EventLedger {
  return {
    async balances(eventId) {
      const own = await readBalances(pool, { kinds: eventAccounts, party: eventId, limit: accountsMost });
      return own.map(({ kind, currency, balanceMinor }) => {
        return { account: kind as EventAccount, currency, balanceMinor };
      });
    },
    entries: ({ eventId: party, account: kind, ...page }) =>
      readAccountHistory(pool, { account: { kind, party }, ...page }),
  };
}
