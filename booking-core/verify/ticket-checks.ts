import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Check } from "./report.ts";
import { sqlChecks } from "./sql-checks.ts";

/** What tickets and doors promise. Tickets are held against their seats in refund-checks.ts. */
export function ticketChecks(pool: Pool): Check[] {
  const check = sqlChecks(pool);
  return [
    check(
      12,
      "a ticket lets in at most once",
      "select count(*) from check_ins where result = 'admitted'",
      admittedTwice,
    ),
    check(
      12,
      "every used ticket was let in at a door of its event, and whoever was let in has a used ticket",
      "select count(*) from tickets where status = 'used'",
      strangeUses,
    ),
    check(
      12,
      "the time of a ticket's use is that of its earliest scan that came in",
      "select count(*) from tickets where status = 'used'",
      wrongTimes,
    ),
    check(12, "one key signs the codes of tickets", "select count(*) from ticket_keys", rivalKeys),
  ];
}

const admittedTwice = `
  select ticket_id::text as key, 'ticket ' || ticket_id || ' was let in ' || count(*) || ' times' as sentence
    from check_ins where result = 'admitted' group by ticket_id having count(*) > 1`;

/** Before there were doors, nobody wrote down where a ticket was used. A used ticket that is refunded is used no more. */
const strangeUses = `
  select t.id::text as key, 'ticket ' || t.id || ' is used, and no door of its event let it in' as sentence
    from tickets t
   where t.status = 'used' and t.used_door is not null
     and not exists (select from check_ins c where c.ticket_id = t.id and c.result = 'admitted' and c.event_id = t.event_id)
   union all
  select c.id::text, 'scan ' || c.id || ' let in ticket ' || c.ticket_id || ', which is ' || coalesce(t.status, 'not there')
    from check_ins c left join tickets t on t.id = c.ticket_id and t.event_id = c.event_id
   where c.result = 'admitted' and coalesce(t.status, 'valid') = 'valid'`;

const wrongTimes = `
  select t.id::text as key,
         'ticket ' || t.id || ' is used at ' || t.used_at || ', and the first scan that came in was at ' || c.first as sentence
    from tickets t
    join (select ticket_id, min(scanned_at) as first from check_ins where result in ('admitted', 'used') group by ticket_id) c
      on c.ticket_id = t.id
   where t.status = 'used' and t.used_at <> c.first`;

const rivalKeys = `
  select 'keys' as key, 'of the keys of tickets, ' || count(*) filter (where retired_at is null) || ' sign' as sentence
    from ticket_keys having count(*) > 0 and count(*) filter (where retired_at is null) <> 1`;
