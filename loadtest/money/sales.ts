/** The one place that knows how bookings with payments under way lie in Postgres. */
import type { PaymentId } from "../../foundation/ids.ts";
import { inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import type { PlannedEvent } from "../seats/event-plan.ts";

/**
 *   plain      paid in time
 *   expiring   its deadline comes while the messages are on their way
 *   late       has expired, and its seats are free
 *   gone       has expired, and another booking has its seats
 *   twice      the buyer pays it twice
 *   declined   the card is refused
 */
export type Sort = "plain" | "expiring" | "late" | "gone" | "twice" | "declined";

export type Shares = Readonly<Record<Exclude<Sort, "plain">, number>>;

export type Sale = {
  readonly paymentId: PaymentId;
  readonly providerPaymentId: string;
  readonly amountMinor: number;
  readonly sort: Sort;
};

export const seatsOfSale = 2;

const plan = `
  create temporary table sales on commit drop as
  select uuidv7() as id, gen_random_uuid() as buyer_id, count, ($1::text[])[1 + count % $2::int] as sort,
         ($3::uuid[])[1 + count % $4::int] as section_id, count / $4::int as place
    from generate_series(0, $5::int - 1) count`;

const bookings = `
  insert into bookings (id, event_id, buyer_id, buyer_email, identity, request_hash, status, quantity, total_minor,
    currency, created_at, deadline, ended_at)
  select s.id, o.event_id, s.buyer_id, s.buyer_id || '@onsale.example', left(replace(s.id::text, '-', ''), 22),
         'a-hash-of-22-character', case when s.sort in ('late', 'gone') then 'expired' else 'pending_payment' end, 2,
         2 * o.price_minor, o.currency, now() - interval '10 minutes',
         case when s.sort in ('late', 'gone') then now() - interval '1 minute'
              when s.sort = 'expiring' then now() + (5 + random() * 15) * interval '1 second'
              else now() + interval '1 hour' end,
         case when s.sort in ('late', 'gone') then now() end
    from sales s join offers o on o.section_id = s.section_id`;

const seats = `
  insert into booking_seats (booking_id, section_id, offer_id, price_minor, position, seat_number, live)
  select s.id, s.section_id, o.id, o.price_minor, seat.position, s.place * 2 + seat.position, s.sort not in ('late', 'gone')
    from sales s join offers o on o.section_id = s.section_id, generate_series(0, 1) seat (position)
   order by s.count`;

/** Who has the seats of the expired by now. */
const rivals = [
  `create temporary table rivals on commit drop as
   select uuidv7() as id, id as expired from sales where sort = 'gone'`,
  `insert into bookings (id, event_id, buyer_id, buyer_email, identity, request_hash, status, quantity, total_minor,
     currency, deadline)
   select r.id, b.event_id, r.id, r.id || '@onsale.example', left(replace(r.id::text, '-', ''), 22), b.request_hash,
          'pending_payment', b.quantity, b.total_minor, b.currency, now() + interval '1 hour'
     from rivals r join bookings b on b.id = r.expired`,
  `insert into booking_seats (booking_id, section_id, offer_id, price_minor, position, seat_number, live)
   select r.id, s.section_id, s.offer_id, s.price_minor, s.position, s.seat_number, true
     from rivals r join booking_seats s on s.booking_id = r.expired`,
];

const payments = `
  insert into payments (id, booking_id, buyer_id, provider, provider_payment_id, status, amount_minor, currency)
  select p.id, b.id, b.buyer_id, 'sandbox', 'pay_' || p.id, 'pending', b.total_minor, b.currency
    from (select uuidv7() as id, s.id as booking_id from sales s
            join generate_series(1, 2) copy on copy = 1 or s.sort = 'twice') p
    join bookings b on b.id = p.booking_id`;

const made = `
  select p.id as "paymentId", p.provider_payment_id as "providerPaymentId", p.amount_minor as "amountMinor", s.sort
    from sales s join payments p on p.booking_id = s.id order by random()`;

/** That many bookings of two seats each and their payments, which the provider knows and has not decided. */
export async function makeSales(
  pool: Pool,
  { sectionIds }: PlannedEvent,
  count: number,
  shares: Partial<Shares> = {},
): Promise<Sale[]> {
  const sorts = sortsOf(shares);
  const sales = await inTransaction(pool, async (sql) => {
    await sql.query(plan, [sorts, sorts.length, sectionIds, sectionIds.length, count]);
    for (const statement of [bookings, seats, ...rivals, payments]) await sql.query(statement);
    const found = await sql.query<Omit<Sale, "amountMinor"> & { amountMinor: bigint }>(made);
    return found.rows.map((row) => ({ ...row, amountMinor: Number(row.amountMinor) }));
  });
  await settleDown(pool);
  return sales;
}

/** A hundred sorts in the order in which bookings take them. */
function sortsOf(shares: Partial<Shares>): Sort[] {
  const others = Object.entries(shares).flatMap(([sort, share]) =>
    Array.from({ length: Math.round(share * 100) }, () => sort as Sort),
  );
  return [...others, ...Array.from({ length: 100 - others.length }, () => "plain" as const)];
}

/** What a server does by itself after a while is not to fall into what is measured. */
export async function settleDown(sql: Sql): Promise<void> {
  await sql.query("vacuum analyze");
  await sql.query("checkpoint");
}
