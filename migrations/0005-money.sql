-- Money whole: prices with their charges, books with balances, wallets, refunds of single tickets, signed tickets, doors.

-- What an offer's price is made of. `price_minor` is all that a buyer pays for a seat; of it go `fee_minor` to the house
-- and `tax_minor` to the state, and the rest is the organiser's. `charges` says it for people: [{"name", "kind", "fixedMinor"
-- or "basisPoints", "included"}]. A price never changes: another price is another offer, so that settling and giving
-- back can always be told from the offer.
alter table offers
  add column face_minor bigint,
  add column fee_minor bigint not null default 0 check (fee_minor >= 0),
  add column tax_minor bigint not null default 0 check (tax_minor >= 0),
  add column charges jsonb not null default '[]';
update offers set face_minor = price_minor;
alter table offers
  alter column face_minor set not null,
  add constraint offers_parts check (face_minor > 0 and fee_minor + tax_minor <= price_minor);
create function refuse_price_change() returns trigger language plpgsql as $$
begin
  raise exception 'the price of offer % was sold for: make another offer', old.id using errcode = 'restrict_violation';
end $$;
create trigger offers_price_stays before update of price_minor, face_minor, fee_minor, tax_minor, charges, currency on offers
  for each row when ((old.price_minor, old.face_minor, old.fee_minor, old.tax_minor, old.charges, old.currency)
    is distinct from (new.price_minor, new.face_minor, new.fee_minor, new.tax_minor, new.charges, new.currency))
  execute function refuse_price_change();

-- How a buyer may give tickets back: {"untilMs": before the event, "shareBasisPoints": of what was paid, "feesToo": whether
-- the house's fee is given back, "seatsReturn": whether the seats are sold again}. Nothing where a buyer may not.
alter table events add column refund_policy jsonb;

-- A payment asks a provider for `amount_minor` and takes `wallet_minor` from the buyer's wallet; of a booking, or to fill a
-- wallet. `refunded_minor` and `wallet_refunded_minor` are what was given back or promised: never more than came.
alter table payments
  drop constraint payments_provider_check,
  drop constraint payments_amount_minor_check,
  alter column booking_id drop not null,
  add column buyer_id uuid,
  add column purpose text not null default 'booking' check (purpose in ('booking', 'top_up')),
  add column wallet_minor bigint not null default 0 check (wallet_minor >= 0),
  -- held: the wallet's part is put aside for this payment; taken: it has paid; returned: it is in the wallet again.
  add column wallet_state text not null default 'none' check (wallet_state in ('none', 'held', 'taken', 'returned')),
  -- Where the hold ends before the money comes: other seats of the same offer are as good.
  add column other_seats boolean not null default false,
  -- Of the buyer, for e-mail.
  add column language text not null default 'en' check (language in ('en', 'de')),
  -- What the provider says has come: of a payment that is parked it is not what was asked for.
  add column received_minor bigint check (received_minor > 0),
  add column received_currency currency,
  add column refunded_minor bigint not null default 0,
  add column wallet_refunded_minor bigint not null default 0,
  -- Why a payment did not become what it was for, or is kept for people.
  add column problem text,
  add constraint payments_provider_check check (provider in ('sandbox', 'stripe', 'wallet')),
  add constraint payments_amounts check (amount_minor >= 0 and amount_minor + wallet_minor > 0),
  add constraint payments_wallet_alone check ((provider = 'wallet') = (amount_minor = 0)),
  add constraint payments_wallet_part check ((wallet_state = 'none') = (wallet_minor = 0)),
  add constraint payments_purpose check ((purpose = 'booking') = (booking_id is not null) and (purpose = 'booking' or wallet_minor = 0));
update payments p set buyer_id = b.buyer_id from bookings b where b.id = p.booking_id;
alter table payments alter column buyer_id set not null;
create index payments_by_buyer on payments (buyer_id, created_at);

-- An event that does not take place: everybody is refunded in batches, and these counters say how far it has come.
create table event_cancellations (
  event_id uuid primary key references events,
  requested_by uuid,
  bookings_total integer not null,
  bookings_done integer not null default 0,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index bookings_paid on bookings (event_id, id) where status in ('paid', 'partly_refunded');

-- Money on its way back. `amount_minor` goes through the provider, `wallet_minor` into the wallet at once. `positions` are
-- the seats whose tickets it is for; nothing where a payment goes back that bought none.
create table refunds (
  id uuid primary key,
  payment_id uuid not null references payments,
  booking_id uuid references bookings,
  reason text not null check (reason in ('buyer', 'organiser', 'event_cancelled', 'too_late', 'paid_twice', 'wrong_amount')),
  positions integer[],
  amount_minor bigint not null check (amount_minor >= 0),
  wallet_minor bigint not null check (wallet_minor >= 0),
  currency currency not null,
  -- pending: the provider has not said yet that it is done. parked: it says no, and people look.
  status text not null check (status in ('pending', 'done', 'parked')),
  provider_refund_id text,
  problem text,
  -- The request that it answers: the same again finds it.
  key text not null unique,
  requested_by uuid,
  created_at timestamptz not null default now(),
  done_at timestamptz,
  constraint refunds_something check (amount_minor + wallet_minor > 0),
  constraint refunds_done check ((status = 'done') = (done_at is not null)),
  constraint refunds_wallet_alone check (amount_minor > 0 or status = 'done')
);
create index refunds_by_payment on refunds (payment_id);
create index refunds_by_booking on refunds (booking_id);
create index refunds_open on refunds (created_at) where status <> 'done';

-- A payment of before went back as a whole.
insert into refunds (id, payment_id, booking_id, reason, amount_minor, wallet_minor, currency, status, key, created_at, done_at)
select id, id, booking_id, 'too_late', amount_minor, 0, currency, case status when 'refunded' then 'done' else 'pending' end,
       'payment ' || id, coalesce(settled_at, created_at), case status when 'refunded' then coalesce(settled_at, created_at) end
  from payments where status in ('refunding', 'refunded');
update payments set received_minor = amount_minor, received_currency = currency where status in ('succeeded', 'refunding', 'refunded');
update payments set status = 'succeeded', refunded_minor = amount_minor, problem = 'too_late' where status in ('refunding', 'refunded');
alter table payments
  drop constraint payments_status_check,
  -- parked: the provider says something that cannot be: people look.
  add constraint payments_status_check check (status in ('created', 'pending', 'succeeded', 'failed', 'parked')),
  add constraint payments_received check ((received_minor is null) = (received_currency is null)),
  add constraint payments_refunded check (refunded_minor between 0 and coalesce(received_minor, 0) and wallet_refunded_minor between 0 and wallet_minor);

-- What a message led to, for people and for another try.
alter table webhook_inbox
  drop constraint webhook_inbox_provider_check,
  add constraint webhook_inbox_provider_check check (provider in ('sandbox', 'stripe')),
  add column status text not null default 'received' check (status in ('received', 'settled', 'ignored', 'parked')),
  add column attempts integer not null default 0;
update webhook_inbox set status = case when settled_at is null then 'received' when outcome like 'parked%' then 'parked'
  when outcome = 'ignored' then 'ignored' else 'settled' end;
alter table webhook_inbox add constraint webhook_inbox_settled check ((status = 'received') = (settled_at is null));
create index webhook_inbox_parked on webhook_inbox (received_at) where status = 'parked';

-- The books. Party: the provider's name, an event's id, 'house', a buyer's id, or a payment's id.
alter table ledger_accounts
  drop constraint ledger_accounts_kind_check,
  add constraint ledger_accounts_kind_check check (kind in
    ('provider_clearing', 'organiser_payable', 'buyer_refunds', 'buyer_wallet', 'wallet_held', 'house_fees', 'taxes_payable'));
alter table transfers
  drop constraint transfers_kind_check,
  add constraint transfers_kind_check check (kind in
    ('payment', 'refund', 'refund_promised', 'top_up', 'wallet_hold', 'wallet_return')),
  add column refund_id uuid references refunds;
create index transfers_by_booking on transfers (booking_id);
create index transfers_by_payment on transfers (payment_id);
drop index entries_by_account;
-- A transfer's id grows with time, so this is the account's history too.
create index entries_by_account on entries (account_id, transfer_id) include (amount_minor);

-- Invariant 8, looked at once a statement and not once a row: one statement writes transfers with all of their entries, and
-- a transfer of an earlier transaction takes no more. The foreign keys of entries are looked at in the same place, for
-- nothing that they point to is ever changed or deleted.
drop trigger entries_balance on entries;
drop trigger transfers_have_entries on transfers;
drop function transfer_balances();
alter table entries drop constraint entries_transfer_id_fkey, drop constraint entries_account_id_fkey;
-- Always by the indexes: a plan is kept for as long as its connection, and the tables grow meanwhile.
create function check_new_entries() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  wrong uuid;
begin
  select transfer_id into wrong from fresh group by transfer_id, currency having sum(amount_minor) <> 0 limit 1;
  if found then
    raise exception 'transfer % does not sum to zero', wrong using errcode = 'check_violation';
  end if;
  select f.transfer_id into wrong from (select distinct transfer_id from fresh) f left join transfers t on t.id = f.transfer_id
   where t.xmin is distinct from pg_current_xact_id()::xid limit 1;
  if found then
    raise exception 'transfer % is not of this transaction: its entries are written together with it', wrong using errcode = 'check_violation';
  end if;
  select f.account_id into wrong from (select distinct account_id, currency from fresh) f
    left join ledger_accounts a on a.id = f.account_id where a.currency is distinct from f.currency limit 1;
  if found then
    raise exception 'there is no account % in the currency of its entry', wrong using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger entries_balance after insert on entries referencing new table as fresh
  for each statement execute function check_new_entries();
create function check_new_transfers() returns trigger language plpgsql set enable_seqscan = off as $$
declare
  wrong uuid;
begin
  select f.id into wrong from fresh f where not exists (select from entries e where e.transfer_id = f.id) limit 1;
  if found then
    raise exception 'transfer % has no entries', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger transfers_have_entries after insert on transfers referencing new table as fresh
  for each statement execute function check_new_transfers();
-- An account is what its entries say of it.
create function refuse_account_change() returns trigger language plpgsql as $$
begin
  raise exception 'accounts of the ledger stay as they are: entries point to them' using errcode = 'restrict_violation';
end $$;
create trigger ledger_accounts_stay before update or delete or truncate on ledger_accounts
  for each statement execute function refuse_account_change();

-- What each account holds, in several parts: two transactions that are open at the same time never write the same one, so
-- many settle for one organiser and nobody waits. A wallet has one part, because there the order of the spends is what
-- counts. Written by the database itself with the entries, so it cannot say anything else than they do.
create table account_balances (
  account_id uuid not null references ledger_accounts,
  part smallint not null check (part between 0 and 127),
  balance_minor bigint not null,
  -- Invariant 8: money of a wallet is owed to the buyer (minus); above zero the wallet would be overdrawn.
  never_above_zero boolean not null,
  primary key (account_id, part),
  constraint wallets_never_negative check (not never_above_zero or balance_minor <= 0)
) with (fillfactor = 50);
-- The part that this transaction has for itself until its end, the same for all its statements: so it also waits for
-- nobody in a circle. Only beyond as many transactions as there are parts does one wait for another.
create function own_balance_part() returns smallint language plpgsql as $$
declare
  parts constant integer := 128;
  of_balances constant integer := 5;
  mine integer := 0;
begin
  while mine < parts loop
    if pg_try_advisory_xact_lock(of_balances, mine) then return mine; end if;
    mine := mine + 1;
  end loop;
  mine := pg_backend_pid() % parts;
  perform pg_advisory_xact_lock(of_balances, mine);
  return mine;
end $$;
-- Always by the indexes: a plan is kept for as long as its connection, and the tables grow meanwhile.
create function add_to_balances() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  mine constant smallint := own_balance_part();
  wallet record;
begin
  insert into account_balances as b (account_id, part, balance_minor, never_above_zero)
  select a.id, mine, sum(e.amount_minor), false
    from fresh e join ledger_accounts a on a.id = e.account_id
   where a.kind not in ('buyer_wallet', 'wallet_held')
   group by a.id order by a.id
  on conflict (account_id, part) do update set balance_minor = b.balance_minor + excluded.balance_minor;
  -- Updated first: a spend as a new row would be refused by the check before Postgres looks for the row that is there.
  -- In the order of the accounts, so that two who change the same wallets do not wait for each other in a circle.
  for wallet in
    select a.id, sum(e.amount_minor) as amount
      from fresh e join ledger_accounts a on a.id = e.account_id
     where a.kind in ('buyer_wallet', 'wallet_held')
     group by a.id order by a.id
  loop
    update account_balances set balance_minor = balance_minor + wallet.amount where account_id = wallet.id and part = 0;
    if not found then
      insert into account_balances as b (account_id, part, balance_minor, never_above_zero)
      values (wallet.id, 0, wallet.amount, true)
      on conflict (account_id, part) do update set balance_minor = b.balance_minor + excluded.balance_minor;
    end if;
  end loop;
  return null;
end $$;
create trigger entries_add_up after insert on entries referencing new table as fresh
  for each statement execute function add_to_balances();
insert into account_balances (account_id, part, balance_minor, never_above_zero)
select account_id, 0, sum(amount_minor), false from entries group by account_id;
-- Nobody writes it by hand.
create trigger account_balances_follow before insert or update or delete on account_balances
  for each statement when (pg_trigger_depth() = 0) execute function refuse_change();
create trigger account_balances_stay before truncate on account_balances
  for each statement execute function refuse_change();

-- A code is signed when it is shown, from these columns; who has read the table cannot make one. `issue` grows when a
-- ticket gets a new code, and the former is then worth nothing.
alter table tickets
  drop column code,
  add column issue smallint not null default 0 check (issue between 0 and 255),
  add column used_at timestamptz,
  add column used_door text,
  add column refunded_at timestamptz;
update tickets set used_at = issued_at where status = 'used';
alter table tickets add constraint tickets_used check ((status = 'used') = (used_at is not null));
create index tickets_by_event on tickets (event_id, id);

-- Ed25519. The private key is sealed with a secret that is not here; a retired key signs nothing, and what it signed is
-- good until `ends_at`.
create table ticket_keys (
  id smallint primary key check (id between 1 and 255),
  public_key bytea not null check (length(public_key) = 32),
  sealed_private_key bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  ends_at timestamptz
);

-- Who checks tickets at an event: a device with a token of its own, that can be taken away.
create table doors (
  id uuid primary key,
  event_id uuid not null references events,
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  created_by uuid,
  closed_at timestamptz,
  unique (event_id, name)
);

-- Every scan at a door, also those that let nobody in. The device gives the id: the same scan told twice is one.
create table check_ins (
  id uuid primary key,
  event_id uuid not null references events,
  door_id uuid not null references doors,
  ticket_id uuid,
  result text not null check (result in ('admitted', 'used', 'refunded', 'wrong_event', 'unknown', 'replaced')),
  scanned_at timestamptz not null,
  received_at timestamptz not null default now(),
  -- Scanned while the device had no network: it let in by its own list.
  offline boolean not null default false
);
create index check_ins_by_event on check_ins (event_id, received_at);
create index check_ins_by_ticket on check_ins (ticket_id);

-- The log of what was sent. The text is written when it is sent, from what is true then; tried and failed is seen too.
alter table notifications
  drop constraint notifications_template_check,
  drop constraint notifications_status_check,
  alter column subject drop not null,
  alter column content drop not null,
  add column refund_id uuid references refunds,
  add column language text not null default 'en' check (language in ('en', 'de')),
  add column html text,
  add column attempts integer not null default 0,
  add column last_error text,
  -- A worker is sending it until then at the latest: no second one begins.
  add column claimed_until timestamptz,
  -- A mail server that is away is asked again until then.
  add column give_up_at timestamptz not null default now() + interval '2 days',
  add constraint notifications_template_check check (template in ('tickets', 'refund', 'event_cancelled')),
  -- failed: refused for good by the mail server, or given up.
  add constraint notifications_status_check check (status in ('queued', 'sent', 'failed')),
  add constraint notifications_sent check ((status = 'sent') = (sent_at is not null));
create index notifications_by_time on notifications (created_at, id);
create index notifications_by_recipient on notifications (recipient);
create index notifications_failed on notifications (created_at, id) where status = 'failed';

create function refuse_money_deletion() returns trigger language plpgsql as $$
begin
  raise exception '% are never deleted: they are what became of money', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger payments_stay before delete or truncate on payments for each statement execute function refuse_money_deletion();
create trigger refunds_stay before delete or truncate on refunds for each statement execute function refuse_money_deletion();
create trigger tickets_stay before delete or truncate on tickets for each statement execute function refuse_money_deletion();
create trigger check_ins_append_only before update or delete or truncate on check_ins
  for each statement execute function refuse_change();

-- What changed of a ticket since a door's device last asked. It also changes with a new code, which has no time of its own.
alter table tickets add column changed_at timestamptz not null default now();
create function note_ticket_change() returns trigger language plpgsql as $$
begin
  new.changed_at := clock_timestamp();
  return new;
end $$;
create trigger tickets_note_change before update on tickets
  for each row when (old.* is distinct from new.*) execute function note_ticket_change();
