/**
 * What a settled payment leaves in Postgres, as plain statements over a batch: the message, the payment, the booking, the
 * transfer with its entries (and by the triggers the balances), tickets, e-mail, jobs. Nothing is looked up that the
 * statement itself does not need, nothing is decided, and a message is written as settled at once.
 */
import type { Sql } from "../../../foundation/postgres/pool.ts";
import { jobOf, settleJob } from "./job-rows.ts";

export type Message = { readonly paymentId: string; readonly eventId: string; readonly body: string };

export type Accounts = {
  readonly clearing: string;
  readonly payable: string;
  readonly fees: string;
  readonly taxes: string;
};

const message = `
  with written as (
    insert into webhook_inbox (id, provider, provider_event_id, body, status, settled_at, outcome, attempts)
    select uuidv7(), 'sandbox', m.event, m.body, 'settled', now(), 'paid', 1
      from unnest($1::text[], $2::text[]) m (event, body)
    on conflict (provider, provider_event_id) do nothing returning id
  ) ${settleJob}`;

const payment = `
  update payments set status = 'succeeded', settled_at = now(), received_minor = amount_minor, received_currency = currency
   where id = any($1::uuid[]) and status = 'pending'`;

const booking = `
  update bookings b set status = 'paid' from payments p
   where p.id = any($1::uuid[]) and b.id = p.booking_id and b.status = 'pending_payment'`;

const transfer = `
  with paid as materialized (
    select uuidv7() as id, p.id as payment_id, p.booking_id, p.currency, sum(s.price_minor)::bigint as price,
           sum(o.fee_minor)::bigint as fee, sum(o.tax_minor)::bigint as tax
      from payments p join booking_seats s on s.booking_id = p.booking_id join offers o on o.id = s.offer_id
     where p.id = any($1::uuid[]) group by p.id
  ), fresh as (
    insert into transfers (id, key, kind, booking_id, payment_id)
    select id, 'payment ' || payment_id, 'payment', booking_id, payment_id from paid
    on conflict (key) do nothing returning id
  )
  insert into entries (transfer_id, position, account_id, amount_minor, currency)
  select paid.id, e.position, e.account_id, e.amount_minor, paid.currency
    from fresh join paid on paid.id = fresh.id
   cross join lateral (values (0, $2::uuid, price), (1, $3::uuid, fee + tax - price), (2, $4::uuid, -fee),
                              (3, $5::uuid, -tax)) e (position, account_id, amount_minor)`;

const ticket = `
  insert into tickets (id, booking_id, event_id, section_id, position, seat_number, status)
  select uuidv7(), b.id, b.event_id, s.section_id, s.position, s.seat_number, 'valid'
    from payments p join bookings b on b.id = p.booking_id join booking_seats s on s.booking_id = b.id
   where p.id = any($1::uuid[])
  on conflict (booking_id, position) do nothing`;

const email = `
  with written as (
    insert into notifications (id, booking_id, channel, template, fact, recipient, language, status)
    select uuidv7(), b.id, 'email', 'tickets', 'tickets', b.buyer_email, p.language, 'queued'
      from payments p join bookings b on b.id = p.booking_id where p.id = any($1::uuid[])
    on conflict (booking_id, fact) do nothing returning id
  ) ${jobOf("send-email", "jsonb_build_object('notificationId', written.id)", "written")}`;

const holds = jobOf(
  "apply-holds",
  "payments.data",
  `(select jsonb_build_object('bookingIds', jsonb_agg(booking_id)) as data from payments where id = any($1::uuid[])) payments`,
);

/** In the caller's transaction. */
export async function settleRows(sql: Sql, accounts: Accounts, messages: readonly Message[]): Promise<void> {
  const paymentIds = `{${messages.map(({ paymentId }) => paymentId).join(",")}}`;
  const run = (name: string, text: string, ...values: unknown[]) => sql.query({ name, text, values });
  await run(
    "message",
    message,
    messages.map(({ eventId }) => eventId),
    messages.map(({ body }) => body),
  );
  await run("payment", payment, paymentIds);
  await run("booking", booking, paymentIds);
  const { clearing, payable, fees, taxes } = accounts;
  await run("transfer", transfer, paymentIds, clearing, payable, fees, taxes);
  for (const [name, text] of Object.entries({ ticket, email, holds })) await run(name, text, paymentIds);
}

export async function makeAccounts(sql: Sql, eventId: string): Promise<Accounts> {
  const make = async (kind: string, party: string) => {
    const text = `insert into ledger_accounts (id, kind, party, currency) values (uuidv7(), $1, $2, 'EUR') returning id`;
    return (await sql.query<{ id: string }>(text, [kind, party])).rows[0]?.id ?? "";
  };
  return {
    clearing: await make("provider_clearing", "sandbox"),
    payable: await make("organiser_payable", eventId),
    fees: await make("house_fees", eventId),
    taxes: await make("taxes_payable", eventId),
  };
}
