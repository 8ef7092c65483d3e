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

-- Money that came and was not what was asked for waits until people give it back.
create index payments_parked on payments (settled_at, id) where status = 'parked' and refunded_minor = 0;

-- failed: refused for good by the mail server, or given up, and people look. dismissed: they have looked, or nothing was
-- left to say.
alter table notifications
  drop constraint notifications_status_check,
  add constraint notifications_status_check check (status in ('queued', 'sent', 'failed', 'dismissed'));

create index transfers_by_refund on transfers (refund_id) where refund_id is not null;
