-- The whole seat engine: rows with aisles and classes of seats, several offers a section, several sections a booking.

-- An event's rules for buyers, and the pools of seats that are kept for those who have a code.
alter table events
  add column most_per_identity integer check (most_per_identity between 1 and 1000),
  add column allows_singles boolean not null default true,
  add column extension_ms integer not null default 0 check (extension_ms between 0 and 86400000),
  add column pools jsonb not null default '[]';

-- `layout`: {"rows": [labels], "segments": [[offer, restricted view, blocks]], "blocks": [[row, column, segment, rank,
-- centre, seats, names]]}, blocks best first within their segment; a seat's number counts through the blocks from 0.
-- `marks`: [[seat number, class]] of all seats that are not ordinary.
alter table sections add column marks jsonb not null default '[]';
update sections s set layout = case when kind = 'standing' then '{"rows": [], "segments": [[0, 0, 0]], "blocks": []}'
  else (select jsonb_build_object(
          'rows', jsonb_agg(r.value -> 'label' order by r.place),
          'segments', jsonb_build_array(jsonb_build_array(0, 0, count(*))),
          'blocks', jsonb_agg(jsonb_build_array(r.place - 1, 0, 0, least(255, (r.place - 1) / 4),
                                                ((r.value ->> 'seats')::int) / 2, (r.value ->> 'seats')::int,
                                                '{"first": 1, "step": 1}'::jsonb) order by r.place))
          from jsonb_array_elements(s.layout) with ordinality as r (value, place)) end;

alter table offers
  -- Its place in the section: segments name it by that.
  add column position integer not null default 0,
  drop constraint offers_section_id_key;
alter table offers add constraint offers_section_id_position_key unique (section_id, position),
  add constraint offers_section_id_category_key unique (section_id, category);

alter table booking_seats
  add column offer_id uuid,
  add column price_minor bigint check (price_minor > 0);
update booking_seats s set offer_id = b.offer_id, price_minor = b.total_minor / b.quantity from bookings b where b.id = s.booking_id;
alter table booking_seats alter column offer_id set not null, alter column price_minor set not null;

drop index bookings_live_by_section;
alter table bookings
  drop column section_id,
  drop column offer_id,
  -- Who may have so many seats at an event.
  add column identity text check (length(identity) = 22),
  -- Whether the deadline was put off: that works once.
  add column extended boolean not null default false;
-- As sessions tell it (foundation/ids.ts). Who had proved an address counts as the guest that he was: his identity is
-- made with a secret that is not here.
update bookings b set identity = left(translate(encode(sha256(convert_to(
  case when exists (select from people p where p.id = b.buyer_id) then 'account:' else 'guest:' end || b.buyer_id,
  'UTF8')), 'base64'), '+/', '-_'), 22);
alter table bookings alter column identity set not null;

-- No foreign keys on the two tables that every booking writes: each row paid for up to five look-ups with a lock on
-- rows that all bookings share. Nothing that they point to is ever deleted, and `onsale verify` looks (ADR 8).
alter table bookings drop constraint bookings_event_id_fkey;
alter table booking_seats
  drop constraint booking_seats_booking_id_fkey,
  drop constraint booking_seats_section_id_fkey;
create function refuse_deletion() returns trigger language plpgsql as $$
begin
  raise exception '% are never deleted: bookings point to them', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger events_stay before delete or truncate on events for each statement execute function refuse_deletion();
create trigger sections_stay before delete or truncate on sections for each statement execute function refuse_deletion();
create trigger offers_stay before delete or truncate on offers for each statement execute function refuse_deletion();
create trigger bookings_stay before delete or truncate on bookings for each statement execute function refuse_deletion();

-- Live seats of an identity, where the event bounds them: the arbiter for buyers who ask fifty times at once.
create table identity_seats (
  event_id uuid not null references events,
  identity text not null check (length(identity) = 22),
  seats integer not null check (seats >= 0),
  primary key (event_id, identity)
);

-- A bound that is set while seats are sold counts what was sold before, and what is being written now: bookings under
-- way end first, and those that come later see the bound.
create function count_identity_seats() returns trigger language plpgsql as $$
begin
  lock table bookings in share row exclusive mode;
  insert into identity_seats (event_id, identity, seats)
  select new.id, b.identity, sum(b.quantity)
    from bookings b where b.event_id = new.id and b.ended_at is null group by b.identity
  on conflict (event_id, identity) do update set seats = excluded.seats;
  return new;
end $$;
create trigger events_count_identities after update of most_per_identity on events
  for each row when (old.most_per_identity is null and new.most_per_identity is not null)
  execute function count_identity_seats();

-- Seats that a buyer gave back before paying: the row stays, for whoever asks what became of them.
alter table booking_seats add column given_back boolean not null default false,
  add constraint booking_seats_given_back check (not (live and given_back));

-- The idempotency key of the request that put a booking's deadline off: the same request again is no second one.
alter table bookings add column extension_key text,
  add constraint bookings_extension check (extended = (extension_key is not null));
