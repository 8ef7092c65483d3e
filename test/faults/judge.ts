import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readSandboxBooks } from "../harness/sandbox-books.ts";
import { lostBookings } from "./lost-bookings.ts";
import type { Records } from "./records.ts";
import type { Site } from "./site.ts";
import { strayHolds } from "./stray-holds.ts";

/** Holds what is there against what the buyers were told. Gives every broken promise as a sentence. */
export async function judge(site: Site, records: Records): Promise<string[]> {
  const verdicts = await Promise.all([
    verified(site),
    rows(site, oversold),
    lostBookings(site, records),
    money(site, records),
    rows(site, unfinished),
    strayHolds(site),
  ]);
  return verdicts.flat();
}

const onsale = fileURLToPath(new URL("../../cli/onsale.ts", import.meta.url));

function verified({ cluster, postgres }: Site): Promise<string[]> {
  const environment = { DATABASE_URL: postgres.url, REDIS_URL: cluster.urls.join(","), LOG_LEVEL: "warn" };
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...environment }, timeout: 60_000 };
    execFile(process.execPath, [onsale, "verify"], options, (error, output, trouble) => {
      resolve(error === null ? [] : [`verify is not clean:\n${output}${trouble}`]);
    });
  });
}

async function rows({ pool }: Site, sql: string): Promise<string[]> {
  const found = await pool.query<{ sentence: string }>(sql);
  return found.rows.map(({ sentence }) => sentence);
}

/** By the states of bookings and by tickets, not by whether the seats' rows say that they are live. */
const oversold = `
  select 'seat ' || s.seat_number || ' of ' || s.section_id || ' is sold ' || count(*) || ' times' as sentence
    from booking_seats s join bookings b on b.id = s.booking_id
   where b.status in ('pending_payment', 'paid') and s.seat_number is not null and not s.given_back
   group by s.section_id, s.seat_number having count(*) > 1
  union all
  select 'seat ' || seat_number || ' of ' || section_id || ' has ' || count(*) || ' valid tickets'
    from tickets where status = 'valid' and seat_number is not null
   group by section_id, seat_number having count(*) > 1
  union all
  select 'standing section ' || c.id || ' of ' || c.capacity || ' has ' || count(*) || ' places sold'
    from sections c join booking_seats s on s.section_id = c.id join bookings b on b.id = s.booking_id
   where c.kind = 'standing' and b.status in ('pending_payment', 'paid') and not s.given_back
   group by c.id, c.capacity having count(*) > c.capacity`;

const unfinished = `
  select 'booking ' || b.id || ' is paid and has ' || count(t.id) || ' valid tickets for ' || b.quantity || ' seats' as sentence
    from bookings b left join tickets t on t.booking_id = b.id and t.status = 'valid'
   where b.status = 'paid' group by b.id having count(t.id) <> b.quantity
  union all
  select 'booking ' || b.id || ' is ' || b.status || ' and has valid tickets'
    from bookings b where b.status not in ('paid', 'partly_refunded')
     and exists (select from tickets t where t.booking_id = b.id and t.status = 'valid')`;

type PaymentRow = {
  provider_payment_id: string;
  status: string;
  refunded: string;
  booking_id: string;
  booking: string;
};

/** Each payment by the provider's books: kept for a paid booking, or given back whole. */
async function money(site: Site, records: Records): Promise<string[]> {
  const books = await readSandboxBooks(site.sandbox);
  const found = await site.pool.query<PaymentRow>(
    `select p.provider_payment_id, p.status, p.booking_id, b.status as booking,
            (select coalesce(sum(amount_minor), 0)::text from refunds where payment_id = p.id and status = 'done') as refunded
       from payments p join bookings b on b.id = p.booking_id where p.provider_payment_id is not null`,
  );
  const byProviderId = new Map(found.rows.map((row) => [row.provider_payment_id, row]));
  const refunded = new Map(books.refunds.map(({ paymentId, amountMinor }) => [paymentId, amountMinor]));
  const taken = new Set<string>();
  const faults = books.payments.flatMap((payment) => {
    const ours = byProviderId.get(payment.id);
    if (payment.status !== "succeeded" && payment.status !== "refunded") return [];
    if (ours === undefined) return [`the provider took payment ${payment.id}, which nobody here knows`];
    taken.add(ours.booking_id);
    const said = `payment ${payment.id} is ${payment.status} at the provider and ${ours.status} here, of a booking that is ${ours.booking}`;
    if (payment.status === "refunded")
      return isGivenBack(ours, payment.amountMinor) && refunded.get(payment.id) === payment.amountMinor
        ? []
        : [said];
    return ours.status === "succeeded" && ours.refunded === "0" && ours.booking === "paid" ? [] : [said];
  });
  const unpaid = [...records.bookings.values()].filter(({ id, approved }) => approved && !taken.has(id));
  return [...faults, ...unpaid.map(({ id }) => `booking ${id} was paid, and the provider has nothing of it`)];
}

function isGivenBack({ status, refunded }: PaymentRow, amountMinor: number): boolean {
  return status === "succeeded" && refunded === String(amountMinor);
}
