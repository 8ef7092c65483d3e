-- How a room runs is one document, whose meaning belongs to the waiting room alone; what must outlive Redis stands beside it.

alter table rooms
  add column settings jsonb,
  -- How far the numbers have come: behind these a room goes on that Redis has forgotten.
  add column marks jsonb,
  -- The secret of the draw: 32 bytes in hex. Its commitment is public from the beginning, itself after the draw.
  add column draw_seed text check (draw_seed ~ '^[0-9a-f]{64}$'),
  -- The lobby's lists as they were closed, before the secret is used.
  add column draw_lists jsonb,
  -- The draw as it was held, with all that made it.
  add column draw jsonb,
  -- A random value from outside that was announced, and the value once it is there.
  add column beacon_source text check (length(beacon_source) between 1 and 500),
  add column beacon_announced_at timestamptz,
  add column beacon text check (beacon ~ '^([0-9a-f]{2})+$' and length(beacon) <= 1024),
  add constraint rooms_beacon_announced check (beacon is null or beacon_source is not null),
  add constraint rooms_beacon_dated check ((beacon_source is null) = (beacon_announced_at is null)),
  add constraint rooms_draw_behind_lists check (draw is null or draw_lists is not null);

update rooms r
   set settings = jsonb_build_object(
         'lobbyAtMs', case when r.state = 'scheduled' then opening.at_ms else 0 end,
         'opensAtMs', case when r.state in ('scheduled', 'lobby') then opening.at_ms else 0 end,
         'paused', r.state = 'paused',
         'closed', r.state = 'closed',
         'cap', least(r.cap, 10000000),
         'ratePerMinute', least(r.rate_per_minute, 1000000),
         'turnWindowMs', least(r.turn_window_ms, 86400000),
         'passMs', least(r.pass_ms, 604800000),
         'renewals', 1,
         'absenceGraceMs', least(15000, r.pass_ms),
         'pace', 'fixed',
         'leastPerMinute', least(10, r.rate_per_minute),
         'lanes', jsonb_build_array(jsonb_build_object('name', 'general', 'weight', 1)),
         'proofOfWork', 'off',
         'draw', false,
         'identities', 'any',
         'deviceBinding', false),
       draw_seed = encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex')
  from (select id, (extract(epoch from starts_at) * 1000)::bigint as at_ms from events) opening
 where opening.id = r.event_id;

alter table rooms
  alter column settings set not null,
  alter column draw_seed set not null,
  drop column state,
  drop column cap,
  drop column rate_per_minute,
  drop column turn_window_ms,
  drop column pass_ms;

-- Codes of the lanes. Only their hashes are kept: who reads the table cannot use them.
create table room_codes (
  event_id uuid not null references rooms,
  hash text not null check (length(hash) = 22),
  lane text not null,
  uses integer not null check (uses > 0),
  ends_at timestamptz not null,
  created_at timestamptz not null default now(),
  created_by uuid,
  primary key (event_id, hash)
);
create index room_codes_by_time on room_codes (event_id, created_at);

-- Who changed what: written in the transaction of the change.
create table audit_log (
  id uuid primary key,
  at timestamptz not null default now(),
  actor_id uuid,
  actor_email text not null,
  action text not null,
  event_id uuid references events,
  before jsonb,
  after jsonb
);
create index audit_log_by_event on audit_log (event_id, at);

-- The ledger is countered by a transfer, the audit log by nothing: the sentence fits both.
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: what is written there is never changed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_log_append_only before update or delete or truncate on audit_log
  for each statement execute function refuse_change();
