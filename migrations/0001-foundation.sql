-- Words as in the design; money is bigint minor units with its currency; ids are UUIDs made by the application.

create domain currency as text check (value ~ '^[A-Z]{3}$');

-- Accounts only; guests are known by their token and by what they booked.
create table people (
  id uuid primary key,
  email text not null unique check (email = lower(email) and length(email) <= 254),
  password_hash text not null,
  role text not null check (role in ('buyer', 'organiser', 'admin')),
  created_at timestamptz not null default now()
);

create table venues (
  id uuid primary key,
  name text not null,
  city text not null,
  created_at timestamptz not null default now()
);

-- A reusable layout. Publishing an event copies it into `sections`, so that a sold event never changes with it.
create table seating_plans (
  id uuid primary key,
  venue_id uuid not null references venues,
  name text not null,
  layout jsonb not null,
  created_at timestamptz not null default now()
);

create table events (
  id uuid primary key,
  venue_id uuid not null references venues,
  seating_plan_id uuid not null references seating_plans,
  title text not null,
  description text not null,
  starts_at timestamptz not null,
  status text not null check (status in ('inactive', 'active', 'cancelled')),
  currency currency not null,
  payment_window_ms integer not null check (payment_window_ms between 1000 and 86400000),
  created_at timestamptz not null default now()
);

create table rooms (
  event_id uuid primary key references events,
  state text not null check (state in ('scheduled', 'lobby', 'open', 'paused', 'closed')),
  cap integer not null check (cap > 0),
  rate_per_minute integer not null check (rate_per_minute > 0),
  turn_window_ms integer not null check (turn_window_ms >= 1000),
  pass_ms integer not null check (pass_ms >= turn_window_ms)
);

-- seated: `layout` holds the rows, best first, as [{"label": "A", "seats": 25}]; a seat's number counts through
-- the rows from 0. standing: a count alone, guarded by `standing_taken`.
create table sections (
  id uuid primary key,
  event_id uuid not null references events,
  name text not null,
  kind text not null check (kind in ('seated', 'standing')),
  position integer not null,
  capacity integer not null check (capacity > 0),
  layout jsonb not null,
  standing_taken integer not null default 0,
  unique (event_id, name),
  -- Invariant 2: the arbiter of standing sections.
  constraint sections_standing_stock check (standing_taken between 0 and capacity)
);

create table offers (
  id uuid primary key,
  event_id uuid not null references events,
  section_id uuid not null unique references sections,
  category text not null,
  price_minor bigint not null check (price_minor > 0),
  currency currency not null,
  max_per_booking integer not null check (max_per_booking between 1 and 10),
  sales_from timestamptz not null,
  sales_until timestamptz not null check (sales_until > sales_from)
);

create table bookings (
  id uuid primary key,
  event_id uuid not null references events,
  section_id uuid not null references sections,
  offer_id uuid not null references offers,
  buyer_id uuid not null,
  buyer_email text not null,
  -- Of the request's content: the same idempotency key with another content is refused.
  request_hash text not null,
  status text not null check (status in ('pending_payment', 'paid', 'partly_refunded', 'refunded', 'failed', 'cancelled', 'expired')),
  quantity integer not null check (quantity > 0),
  total_minor bigint not null check (total_minor > 0),
  currency currency not null,
  created_at timestamptz not null default now(),
  deadline timestamptz not null,
  ended_at timestamptz,
  constraint bookings_ended check ((status in ('pending_payment', 'paid', 'partly_refunded')) = (ended_at is null))
);
create index bookings_by_deadline on bookings (event_id, deadline) where status = 'pending_payment';
create index bookings_by_buyer on bookings (buyer_id, created_at);
create index bookings_live_by_section on bookings (section_id) where ended_at is null;

-- One row per seat of a booking; standing places have a row without a number each.
create table booking_seats (
  booking_id uuid not null references bookings,
  section_id uuid not null references sections,
  position integer not null,
  seat_number integer,
  live boolean not null,
  primary key (booking_id, position)
);
-- Invariant 1: the arbiter. A seat belongs to at most one live booking.
create unique index booking_seats_live on booking_seats (section_id, seat_number) where live;

create table payments (
  id uuid primary key,
  booking_id uuid not null references bookings,
  provider text not null check (provider in ('sandbox')),
  provider_payment_id text,
  status text not null check (status in ('created', 'pending', 'succeeded', 'failed', 'refunding', 'refunded')),
  amount_minor bigint not null check (amount_minor > 0),
  currency currency not null,
  pay_url text,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  -- When the provider was last asked about a payment of which it says nothing.
  asked_at timestamptz,
  unique (provider, provider_payment_id)
);
create index payments_by_booking on payments (booking_id);
create index payments_silent on payments (asked_at nulls first) where status = 'pending';

create table webhook_inbox (
  id uuid primary key,
  provider text not null check (provider in ('sandbox')),
  provider_event_id text not null,
  body text not null,
  received_at timestamptz not null default now(),
  settled_at timestamptz,
  -- What settling did: for people who look.
  outcome text,
  unique (provider, provider_event_id)
);

create table ledger_accounts (
  id uuid primary key,
  kind text not null check (kind in ('provider_clearing', 'organiser_payable', 'buyer_refunds')),
  party text not null,
  currency currency not null,
  unique (kind, party, currency)
);

create table transfers (
  id uuid primary key,
  -- Idempotency: the same fact is written once.
  key text not null unique,
  kind text not null check (kind in ('payment', 'refund')),
  booking_id uuid references bookings,
  payment_id uuid references payments,
  created_at timestamptz not null default now()
);

create table entries (
  transfer_id uuid not null references transfers,
  position smallint not null,
  account_id uuid not null references ledger_accounts,
  amount_minor bigint not null check (amount_minor <> 0),
  currency currency not null,
  primary key (transfer_id, position)
);
create index entries_by_account on entries (account_id);

-- Invariant 8: entries and transfers are never changed, only countered.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: write a countering transfer instead', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger entries_append_only before update or delete or truncate on entries
  for each statement execute function refuse_change();
create trigger transfers_append_only before update or delete or truncate on transfers
  for each statement execute function refuse_change();

-- Invariant 8: a transfer sums to zero per currency when its transaction commits, and has entries at all.
create function transfer_balances() returns trigger language plpgsql as $$
declare
  wanted uuid;
begin
  if tg_table_name = 'entries' then wanted := new.transfer_id; else wanted := new.id; end if;
  if not exists (select from entries where transfer_id = wanted) then
    raise exception 'transfer % has no entries', wanted using errcode = 'check_violation';
  end if;
  if exists (select from entries where transfer_id = wanted group by currency having sum(amount_minor) <> 0) then
    raise exception 'transfer % does not sum to zero', wanted using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger entries_balance after insert on entries
  deferrable initially deferred for each row execute function transfer_balances();
create constraint trigger transfers_have_entries after insert on transfers
  deferrable initially deferred for each row execute function transfer_balances();

create table tickets (
  id uuid primary key,
  booking_id uuid not null references bookings,
  event_id uuid not null references events,
  section_id uuid not null references sections,
  -- Of the booking's seats.
  position integer not null,
  seat_number integer,
  code text not null unique,
  status text not null check (status in ('valid', 'used', 'refunded')),
  issued_at timestamptz not null default now(),
  unique (booking_id, position),
  foreign key (booking_id, position) references booking_seats (booking_id, position)
);

create table notifications (
  id uuid primary key,
  booking_id uuid not null references bookings,
  channel text not null check (channel in ('email')),
  template text not null check (template in ('tickets', 'refund')),
  -- What it is about, for example one refund: there is one e-mail a fact.
  fact text not null,
  recipient text not null,
  status text not null check (status in ('queued', 'sent')),
  subject text not null,
  content text not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  unique (booking_id, fact)
);
