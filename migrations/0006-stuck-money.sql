-- What waits for people, and what settling costs.

-- Payments that nobody ever paid stay pending; only the young ones are asked about.
drop index payments_silent;
create index payments_silent on payments (created_at) where status = 'pending';
-- Money that came and was not what was asked for waits until people give it back.
create index payments_parked on payments (settled_at, id) where status = 'parked' and refunded_minor = 0;
create index webhook_inbox_waiting on webhook_inbox (received_at) where status = 'received';
create index transfers_by_refund on transfers (refund_id) where refund_id is not null;

alter table refunds
  -- What a provider refused for good is another refund for it when people try again.
  add column attempt smallint not null default 0,
  -- When the provider was last asked about it by itself.
  add column asked_at timestamptz;
create index refunds_pending on refunds (asked_at nulls first) where status = 'pending';

-- What came through the provider may go into the wallet, but not the other way round, and never more than came.
alter table payments
  drop constraint payments_refunded,
  add constraint payments_refunded check (refunded_minor between 0 and coalesce(received_minor, 0) and wallet_refunded_minor >= 0
    and refunded_minor + wallet_refunded_minor <= coalesce(received_minor, 0) + case wallet_state when 'taken' then wallet_minor else 0 end);

-- failed: refused for good by the mail server, or given up, and people look. dismissed: they have looked, or nothing was
-- left to say.
alter table notifications
  drop constraint notifications_status_check,
  add constraint notifications_status_check check (status in ('queued', 'sent', 'failed', 'dismissed'));

-- A session's own tables come last, whatever they are called: they are not looked at in place of the books.
alter function check_new_entries() set search_path = public, pg_temp;
alter function check_new_transfers() set search_path = public, pg_temp;
alter function add_to_balances() set search_path = public, pg_temp;
-- Always by the indexes, as the checks of entries: a plan is kept for as long as its connection, and the tables grow.
alter function check_new_transfers() set enable_hashjoin = off;
alter function check_new_transfers() set enable_mergejoin = off;

-- A job names all messages that came together; those that wait named one.
do $$ begin
  if to_regclass('pgboss.job') is not null then
    update pgboss.job set data = jsonb_build_object('inboxIds', jsonb_build_array(data->'inboxId'))
     where name = 'settle-webhook' and data ? 'inboxId' and state < 'completed';
  end if;
end $$;
