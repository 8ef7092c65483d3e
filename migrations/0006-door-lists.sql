-- What changed of a ticket since a door's device last asked. It also changes with a new code, which has no time of its own.
alter table tickets add column changed_at timestamptz not null default now();
create function note_ticket_change() returns trigger language plpgsql as $$
begin
  new.changed_at := clock_timestamp();
  return new;
end $$;
create trigger tickets_note_change before update on tickets
  for each row when (old.* is distinct from new.*) execute function note_ticket_change();
