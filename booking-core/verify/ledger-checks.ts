import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Check } from "./report.ts";
import { sqlChecks } from "./sql-checks.ts";

/** How long what is put aside may stay so once it is for nothing any more. */
const returnSeconds = 60;

/** The promises of the books. */
export function ledgerChecks(pool: Pool): Check[] {
  const check = sqlChecks(pool);
  const accounts = "select count(*) from ledger_accounts";
  const wallets = "select count(*) from ledger_accounts where kind = 'buyer_wallet'";
  const payments = "select count(*) from payments";
  return [
    check(
      8,
      "every transfer sums to zero in each currency",
      "select count(*) from transfers",
      lopsidedTransfers,
    ),
    check(8, "all accounts of a currency sum to zero", accounts, lopsidedBooks),
    check(8, "every account holds what its entries say", accounts, strayedBalances),
    check(8, "no wallet is overdrawn, and nobody was given back more than was promised", wallets, overdrawn),
    check(8, "what wallets have put aside is for payments under way", payments, strayedHolds),
    check(8, "the books agree with the payments", payments, unrecordedPayments),
    check(8, "the database refuses changes of entries and transfers", "select 1", missingGuards),
  ];
}

const lopsidedTransfers = `
  select t.id::text as key, 'transfer ' || t.id || ' (' || t.key || ') does not sum to zero or has no entries' as sentence
    from transfers t left join entries e on e.transfer_id = t.id
   group by t.id, e.currency having coalesce(sum(e.amount_minor), 1) <> 0`;

const lopsidedBooks = `
  select a.currency::text as key, 'the accounts in ' || a.currency || ' hold ' || sum(b.balance_minor) || ' together' as sentence
    from ledger_accounts a join account_balances b on b.account_id = a.id
   group by a.currency having sum(b.balance_minor) <> 0`;

const strayedBalances = `
  select a.id::text as key,
         'account ' || a.kind || ' ' || a.party || ' in ' || a.currency || ' holds ' || coalesce(b.balance, 0)
           || ', and its entries sum to ' || coalesce(e.sum, 0) as sentence
    from ledger_accounts a
    left join (select account_id, sum(balance_minor) as balance from account_balances group by account_id) b on b.account_id = a.id
    left join (select account_id, sum(amount_minor) as sum from entries group by account_id) e on e.account_id = a.id
   where coalesce(b.balance, 0) <> coalesce(e.sum, 0)`;

/** Whom we owe has minus. A wallet's row says so itself, for the database to hold it to that. */
const overdrawn = `
  select a.id::text as key, 'account ' || a.kind || ' ' || a.party || ' in ' || a.currency || ' is overdrawn by ' || sum(b.balance_minor) as sentence
    from ledger_accounts a join account_balances b on b.account_id = a.id
   where a.kind in ('buyer_wallet', 'wallet_held', 'buyer_refunds')
   group by a.id having sum(b.balance_minor) > 0
   union all
  select a.id || ' rows', 'account ' || a.kind || ' ' || a.party || ' in ' || a.currency || ' could be overdrawn'
    from ledger_accounts a join account_balances b on b.account_id = a.id
   where a.kind in ('buyer_wallet', 'wallet_held') and (b.part <> 0 or not b.never_above_zero)`;

const strayedHolds = `
  select p.id::text as key,
         'payment ' || p.id || ' has ' || coalesce(-h.balance, 0) || ' of a wallet put aside, and its part of ' || p.wallet_minor || ' is ' || p.wallet_state as sentence
    from payments p
    left join (select a.party, a.currency, sum(b.balance_minor) as balance
                 from ledger_accounts a join account_balances b on b.account_id = a.id
                where a.kind = 'wallet_held' group by a.party, a.currency) h on h.party = p.id::text and h.currency = p.currency
   where coalesce(-h.balance, 0) <> case p.wallet_state when 'held' then p.wallet_minor else 0 end
   union all
  select a.id::text, 'account wallet_held ' || a.party || ' in ' || a.currency || ' is of no payment in this currency'
    from ledger_accounts a
   where a.kind = 'wallet_held' and not exists (select from payments p where p.id::text = a.party and p.currency = a.currency)
   union all
  select p.id || ' late', 'payment ' || p.id || ' still has ' || p.wallet_minor || ' of a wallet put aside for booking ' || b.id || ', which is ' || b.status
    from payments p join bookings b on b.id = p.booking_id
    left join lateral (select max(settled_at) as at from payments w where w.booking_id = b.id and w.status = 'succeeded') paid on true
   where p.wallet_state = 'held' and b.status <> 'pending_payment'
     and coalesce(b.ended_at, paid.at) < now() - interval '${returnSeconds} seconds'`;

const unrecordedPayments = `
  select p.id::text as key, 'payment ' || p.id || ' is ' || p.status || ' and the ledger says otherwise' as sentence
    from payments p
    left join (
      select t.payment_id, e.currency, sum(e.amount_minor) as held
        from transfers t join entries e on e.transfer_id = t.id join ledger_accounts a on a.id = e.account_id
       where a.kind = 'provider_clearing' group by t.payment_id, e.currency) l
      on l.payment_id = p.id and l.currency = coalesce(p.received_currency, p.currency)
    left join (select payment_id, sum(amount_minor) as back from refunds where status = 'done' group by payment_id) r
      on r.payment_id = p.id
   where coalesce(l.held, 0) <> coalesce(p.received_minor, 0) - coalesce(r.back, 0)`;

const missingGuards = `
  select wanted.name as key, 'the trigger ' || wanted.name || ' is missing or switched off' as sentence
    from (values ('entries_append_only'), ('transfers_append_only'), ('entries_balance'), ('transfers_have_entries'), ('entries_add_up'), ('ledger_accounts_stay'), ('account_balances_follow'), ('account_balances_stay'), ('refunds_stay'), ('payments_stay'), ('tickets_stay'), ('check_ins_append_only'), ('offers_price_stays')) as wanted (name)
   where not exists (select from pg_trigger t where t.tgname = wanted.name and t.tgenabled in ('O', 'A'))
   union all
  select 'wallets_never_negative', 'the database would let a wallet be overdrawn'
   where not exists (select from pg_constraint c where c.conname = 'wallets_never_negative' and c.convalidated)`;
