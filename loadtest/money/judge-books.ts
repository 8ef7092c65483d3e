/** What became of every payment, and whether the provider's books and ours say the same. */
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Measurement } from "../bench/report.ts";
import type { Provider } from "./provider.ts";

/** Money that came and is neither tickets nor on its way back. */
const lost = `
  select count(*) from payments p left join bookings b on b.id = p.booking_id
   where p.status not in ('succeeded', 'failed')
      or p.status = 'succeeded' and p.problem is null and (b.status <> 'paid'
         or (select count(*) from tickets t where t.booking_id = b.id and t.status = 'valid') <> b.quantity)
      or p.status = 'succeeded' and p.problem is not null and not exists (
         select from refunds r where r.payment_id = p.id and r.status = 'done' and r.amount_minor = p.received_minor)`;

/** A seat or a mail that is there twice, a booking that two payments have paid, money given back twice. */
const double = `
  select (select count(*) from (select booking_id from payments
                                 where status = 'succeeded' and problem is null group by booking_id having count(*) > 1) p)
       + (select count(*) from (select t.section_id, t.seat_number from tickets t where t.status = 'valid'
                                 group by 1, 2 having count(*) > 1) t)
       + (select count(*) from (select payment_id from transfers where kind = 'payment' group by 1 having count(*) > 1) t)
       + (select count(*) from (select payment_id from refunds group by 1 having count(*) > 1) r)`;

const exactly = { of: "value", sign: "≤", at: 0, size: "any" } as const;

export async function judgeBooks(pool: Pool, provider: Provider): Promise<Measurement[]> {
  return [
    { name: "payments lost", value: await countOf(pool, lost), unit: "payments", bar: exactly },
    {
      name: "payments, tickets or refunds made twice",
      value: await countOf(pool, double),
      unit: "cases",
      bar: exactly,
    },
    await booksApart(pool, provider),
  ];
}

export async function booksApart(pool: Pool, provider: Provider): Promise<Measurement> {
  return {
    ...{
      name: "between the provider's books and ours",
      value: await difference(pool, provider),
      unit: "cents",
    },
    bar: exactly,
  };
}

async function countOf(pool: Pool, text: string): Promise<number> {
  return Number((await pool.query<{ count: bigint }>(`select (${text}) as count`)).rows[0]?.count);
}

/** Summed up without signs over the currencies, so that nothing makes up for anything. */
async function difference(pool: Pool, provider: Provider): Promise<number> {
  const theirs = new Map<string, bigint>();
  for (const { currency, chargedMinor, refundedMinor } of (await provider.totals()).totals)
    theirs.set(currency, BigInt(chargedMinor) - BigInt(refundedMinor));
  const found = await pool.query<{ currency: string; sum: bigint }>(
    `select a.currency, sum(e.amount_minor)::bigint as sum from ledger_accounts a join entries e on e.account_id = a.id
      where a.kind = 'provider_clearing' and a.party = 'sandbox' group by a.currency`,
  );
  const ours = new Map(found.rows.map(({ currency, sum }) => [currency, sum]));
  const apart = [...new Set([...theirs.keys(), ...ours.keys()])].map((currency) => {
    const between = (theirs.get(currency) ?? 0n) - (ours.get(currency) ?? 0n);
    return between < 0n ? -between : between;
  });
  return Number(apart.reduce((sum, one) => sum + one, 0n));
}
