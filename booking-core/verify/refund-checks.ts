import type { Pool } from "../../foundation/postgres/pool.ts";
import { type Check, suspicion } from "./report.ts";

/** Money that goes back, held against the payments, the seats, the tickets and the books. */
export function refundChecks(pool: Pool): Check[] {
  return [
    check(pool, 8, "no payment gives back more than came", "payments", overdrawnPayments),
    check(pool, 8, "what payments say they gave back is the sum of their refunds", "payments", wrongSums),
    check(
      pool,
      8,
      "every refund is in the books as promised, and as done once it is",
      "refunds",
      unbookedRefunds,
    ),
    check(
      pool,
      7,
      "seats that were given back are not live, and their tickets are void",
      "refunds",
      liveSeats,
    ),
    check(
      pool,
      7,
      "tickets are void where their seats were given back, and nowhere else",
      "tickets",
      strayedTickets,
    ),
    check(
      pool,
      7,
      "a refunded booking has no live seat, and its money is promised",
      "bookings",
      wrongBookings,
    ),
  ];
}

function check(pool: Pool, invariant: number, promise: string, table: string, suspects: string): Check {
  return {
    invariant,
    promise,
    look: async () => {
      const counted = await pool.query<{ count: bigint }>(`select count(*) as count from ${table}`);
      const found = await pool.query<{ key: string; sentence: string }>(suspects);
      return suspicion(
        Number(counted.rows[0]?.count ?? 0n),
        found.rows.map(({ key, sentence }) => [key, sentence]),
      );
    },
  };
}

/** The table's check refuses it; it can be dropped. */
const overdrawnPayments = `
  select id::text as key, 'payment ' || id || ' gave back ' || refunded_minor || ' and ' || wallet_refunded_minor
           || ' of ' || came || ' and ' || taken as sentence
    from (select *, coalesce(received_minor, 0) as came, case wallet_state when 'taken' then wallet_minor else 0 end as taken
            from payments) p
   where refunded_minor > came or refunded_minor + wallet_refunded_minor > came + taken
      or refunded_minor < 0 or wallet_refunded_minor < 0`;

const wrongSums = `
  select p.id::text as key, 'payment ' || p.id || ' says that it gave back ' || p.refunded_minor || ' and '
           || p.wallet_refunded_minor || ', and its refunds are ' || coalesce(r.amount, 0) || ' and ' || coalesce(r.wallet, 0) as sentence
    from payments p
    left join (select payment_id, sum(amount_minor) as amount, sum(wallet_minor) as wallet from refunds group by payment_id) r
      on r.payment_id = p.id
   where p.refunded_minor <> coalesce(r.amount, 0) or p.wallet_refunded_minor <> coalesce(r.wallet, 0)`;

/** What bought nothing is the buyer's already, and needs no promise; refunds of before the books had refunds have their payment's key. */
const unbookedRefunds = `
  select r.id::text as key, 'refund ' || r.id || ' of ' || r.amount_minor || ' and ' || r.wallet_minor || ' is ' || r.status
           || ', and the books say ' || coalesce(t.done, 0) || ' done and ' || coalesce(t.promised, 0) || ' promised' as sentence
    from refunds r
    left join (
      select t.refund_id, sum(e.amount_minor) filter (where t.kind = 'refund' and a.kind = 'buyer_refunds') as done,
             -sum(e.amount_minor) filter (where t.kind = 'refund_promised' and a.kind in ('buyer_refunds', 'buyer_wallet')) as promised
        from transfers t join entries e on e.transfer_id = t.id join ledger_accounts a on a.id = e.account_id
       where t.refund_id is not null group by t.refund_id) t on t.refund_id = r.id
   where r.id <> r.payment_id
     and (coalesce(t.done, 0) <> case r.status when 'done' then r.amount_minor else 0 end
       or coalesce(t.promised, 0) <> case when r.positions is null then 0 else r.amount_minor + r.wallet_minor end)`;

const liveSeats = `
  select r.id || ' ' || s.position as key, 'refund ' || r.id || ' is for seat ' || s.position || ' of booking ' || r.booking_id
           || ', which ' || case when s.live then 'is live' else 'has a ticket that is ' || coalesce(t.status, 'missing') end as sentence
    from refunds r
    join booking_seats s on s.booking_id = r.booking_id and s.position = any(r.positions)
    left join tickets t on t.booking_id = s.booking_id and t.position = s.position
   where s.live or t.status is distinct from 'refunded'`;

/** Of an event that is being cancelled, all tickets are void at once, and their seats batch by batch. */
const strayedTickets = `
  select t.id::text as key, 'ticket ' || t.id || ' is ' || t.status || ', and its seat is '
           || case when s.live then 'live' else 'given back' end as sentence
    from tickets t
    join booking_seats s on s.booking_id = t.booking_id and s.position = t.position
    join events e on e.id = t.event_id
   where (t.status = 'refunded') = s.live and not (t.status = 'refunded' and e.status = 'cancelled')`;

const wrongBookings = `
  select b.id::text as key, 'booking ' || b.id || ' is ' || b.status || ' with ' || count(s.position) filter (where s.live)
           || ' live seats, and refunds of ' || coalesce(r.seats, 0) || ' seats' as sentence
    from bookings b
    join booking_seats s on s.booking_id = b.id and not s.given_back
    left join (select booking_id, sum(cardinality(positions)) as seats from refunds group by booking_id) r on r.booking_id = b.id
   where b.status in ('refunded', 'partly_refunded')
   group by b.id, r.seats
  having (b.status = 'refunded') = bool_or(s.live) or coalesce(r.seats, 0) <> count(s.position) filter (where not s.live)`;
