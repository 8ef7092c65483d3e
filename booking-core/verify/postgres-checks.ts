import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Check } from "./report.ts";
import { sqlChecks } from "./sql-checks.ts";

/** How long a payment that has succeeded may be on its way to tickets or back. */
const settleSeconds = 60;

/** The promises that Postgres alone can break. */
export function postgresChecks(pool: Pool): Check[] {
  const check = sqlChecks(pool);
  return [
    check(1, "no seat is in two live bookings", "select count(*) from booking_seats where live", doubleSeats),
    check(1, "the database refuses a seat's second live booking", "select 1", missingSeatIndex),
    check(
      1,
      "live seats belong to live bookings, and live bookings have their seats",
      "select count(*) from bookings",
      strayedSeats,
    ),
    check(
      1,
      "every seat of a booking has its booking, its section and its offer, and every booking its event",
      "select count(*) from booking_seats",
      orphanedRows,
    ),
    check(1, "every booking costs what its seats cost", "select count(*) from bookings", wrongTotals),
    check(
      11,
      "where an event bounds the seats of one buyer, the live seats of each are counted right",
      "select count(*) from identity_seats",
      wrongShares,
    ),
    check(
      2,
      "no standing section has more than its stock",
      "select count(*) from sections where kind = 'standing'",
      standingStock,
    ),
    check(
      7,
      "every paid booking has its tickets",
      "select count(*) from bookings where status in ('paid', 'partly_refunded')",
      paidWithoutTickets,
    ),
    check(
      7,
      "every payment that succeeded became tickets or goes back",
      "select count(*) from payments where status = 'succeeded'",
      strandedPayments,
    ),
  ];
}

const doubleSeats = `
  select section_id || ' ' || seat_number as key,
         'seat ' || seat_number || ' of section ' || section_id || ' is in bookings ' || string_agg(booking_id::text, ', ') as sentence
    from booking_seats where live and seat_number is not null
   group by section_id, seat_number having count(*) > 1`;

const missingSeatIndex = `
  select 'booking_seats_live' as key, 'the unique index booking_seats_live is missing or not valid' as sentence
   where not exists (select from pg_index i join pg_class c on c.oid = i.indexrelid
                      where c.relname = 'booking_seats_live' and i.indisunique and i.indisvalid)`;

const strayedSeats = `
  select b.id::text as key,
         'booking ' || b.id || ' is ' || b.status || ' with ' || coalesce(s.live, 0) || ' live seats of ' || b.quantity as sentence
    from bookings b
    left join (select booking_id, count(*) as live from booking_seats where live group by booking_id) s on s.booking_id = b.id
   where coalesce(s.live, 0) <> case when b.status in ('pending_payment', 'paid') then b.quantity
                                     when b.status = 'partly_refunded' then coalesce(s.live, 0) else 0 end`;

const standingStock = `
  select s.id::text as key,
         'standing section ' || s.id || ' has ' || coalesce(n.live, 0) || ' live places, says ' || s.standing_taken || ' and holds ' || s.capacity as sentence
    from sections s
    left join (select section_id, count(*) as live from booking_seats where live group by section_id) n on n.section_id = s.id
   where s.kind = 'standing' and (coalesce(n.live, 0) <> s.standing_taken or s.standing_taken > s.capacity)`;

/** There are no foreign keys on the tables that every booking writes (ADR 8). */
const orphanedRows = `
  select s.booking_id || ' ' || s.position as key,
         'seat ' || s.position || ' of booking ' || s.booking_id || ' points to nothing: '
           || concat_ws(', ', case when b.id is null then 'no such booking' end,
                case when e.id is null then 'no such section' end, case when o.id is null then 'no such offer there' end) as sentence
    from booking_seats s
    left join bookings b on b.id = s.booking_id
    left join sections e on e.id = s.section_id and (b.id is null or e.event_id = b.event_id)
    left join offers o on o.id = s.offer_id and o.section_id = s.section_id
   where b.id is null or e.id is null or o.id is null
   union all
  select b.id::text, 'booking ' || b.id || ' is of event ' || b.event_id || ', which there is not'
    from bookings b where not exists (select from events e where e.id = b.event_id)
   union all
  select s.booking_id || ' ' || s.position,
         'booking ' || s.booking_id || ' has seat ' || coalesce(s.seat_number::text, 'null') || ' of section ' || s.section_id || ', which has none such'
    from booking_seats s join sections e on e.id = s.section_id
   where case when e.kind = 'standing' then s.seat_number is not null
              else s.seat_number is null or s.seat_number not between 0 and e.capacity - 1 end`;

const wrongTotals = `
  select b.id::text as key,
         'booking ' || b.id || ' costs ' || b.total_minor || ' for ' || b.quantity || ' seats, and its seats cost '
           || coalesce(s.total, 0) || ' for ' || coalesce(s.seats, 0) as sentence
    from bookings b
    left join (select booking_id, sum(price_minor) as total, count(*) as seats from booking_seats
                where not given_back group by booking_id) s on s.booking_id = b.id
   where coalesce(s.seats, 0) > 0 and (coalesce(s.total, 0) <> b.total_minor or s.seats <> b.quantity)`;

/** Of events with a bound; one that was lowered takes nobody's seats away. */
const wrongShares = `
  select e.id || ' ' || coalesce(i.identity, l.identity) as key,
         'identity ' || coalesce(i.identity, l.identity) || ' has ' || coalesce(l.seats, 0) || ' live seats of event ' || e.id
           || ', and ' || coalesce(i.seats, 0) || ' are counted' as sentence
    from (select * from identity_seats) i
    full join (select b.event_id, b.identity, count(*) as seats from bookings b
                 join booking_seats s on s.booking_id = b.id and s.live group by b.event_id, b.identity) l
      on l.event_id = i.event_id and l.identity = i.identity
    join events e on e.id = coalesce(i.event_id, l.event_id) and e.most_per_identity is not null
   where coalesce(i.seats, 0) <> coalesce(l.seats, 0)`;

const paidWithoutTickets = `
  select b.id::text as key,
         'booking ' || b.id || ' is ' || b.status || ' and has ' || count(t.id) || ' tickets for ' || b.quantity || ' seats' as sentence
    from bookings b left join tickets t on t.booking_id = b.id
   where b.status in ('paid', 'partly_refunded')
   group by b.id having count(t.id) <> b.quantity`;

const strandedPayments = `
  select p.id::text as key, 'payment ' || p.id || ' has succeeded, and its booking ' || b.id || ' is ' || b.status as sentence
    from payments p join bookings b on b.id = p.booking_id
   where p.status = 'succeeded' and p.settled_at < now() - interval '${settleSeconds} seconds'
     and b.status not in ('paid', 'partly_refunded', 'refunded')
     and (p.refunded_minor < p.received_minor or p.wallet_state in ('held', 'taken'))
   union all
  select r.id::text, 'refund ' || r.id || ' of payment ' || r.payment_id || ' is still under way'
    from refunds r where r.status = 'pending' and r.provider_refund_id is null and r.created_at < now() - interval '${settleSeconds} seconds'`;
