-- Of each event a number that grows with every change of what buyers see of it: its own row, its venue, its sections
-- with their marks, its offers. Redis and the processes' memories read an event again when it has grown.
alter table events add column version bigint not null default 1;

-- Whoever changes an event cannot leave the version where it is, nor set it back.
create function count_event_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;
create trigger events_version before update on events
  for each row when (new.* is distinct from old.*) execute function count_event_version();

create function change_event_of_part() returns trigger language plpgsql as $$
begin
  update events set version = version + 1 where id = new.event_id;
  return null;
end $$;
-- Named columns: what every standing booking counts up (`standing_taken`) is no change of the event.
create trigger sections_version after insert or update of name, kind, position, capacity, layout, marks on sections
  for each row execute function change_event_of_part();
create trigger offers_version after insert or update on offers
  for each row execute function change_event_of_part();

create function change_events_of_venue() returns trigger language plpgsql as $$
begin
  update events set version = version + 1 where venue_id = new.id;
  return null;
end $$;
create trigger venues_version after update of name, city on venues
  for each row execute function change_events_of_venue();

-- Read several times a second by the workers: never the rows themselves.
create index events_by_version on events (id) include (version, status);
