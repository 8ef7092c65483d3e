import type { EventId } from "../../foundation/ids.ts";
import type { Currency } from "../../foundation/money.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { type EntriesPage, readAccountHistory } from "./account-history.ts";
import { readBalances } from "./balances.ts";

/** The accounts that an event has for itself. */
export const eventAccounts = ["organiser_payable", "taxes_payable"] as const;
export type EventAccount = (typeof eventAccounts)[number];

export type EventBalance = {
  readonly account: EventAccount | "house_fees";
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

export function createEventLedger({ pool }: { readonly pool: Pool }): EventLedger {
  return {
    async balances(eventId) {
      const own = await readBalances(pool, { kinds: eventAccounts, party: eventId, limit: accountsMost });
      const fees = await readFees(pool, eventId);
      const held = own.map(({ kind, currency, balanceMinor }) => {
        return { account: kind as EventAccount, currency, balanceMinor };
      });
      return [...held, ...fees];
    },
    entries: ({ eventId: party, account: kind, ...page }) =>
      readAccountHistory(pool, { account: { kind, party }, ...page }),
  };
}

/** The house has one account for all events: what came from this one is in the transfers that its organiser is in. */
async function readFees(pool: Pool, eventId: EventId): Promise<EventBalance[]> {
  const found = await pool.query<Omit<EventBalance, "account">>(
    `select f.currency, sum(f.amount_minor)::bigint as "balanceMinor"
       from (select distinct e.transfer_id from entries e join ledger_accounts a on a.id = e.account_id
              where a.kind in ('organiser_payable', 'taxes_payable') and a.party = $1) t
       join entries f on f.transfer_id = t.transfer_id
       join ledger_accounts h on h.id = f.account_id and h.kind = 'house_fees'
      group by f.currency order by f.currency`,
    [eventId],
  );
  return found.rows.map((row) => ({ account: "house_fees", ...row }));
}
