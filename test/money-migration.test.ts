import { randomUUID } from "node:crypto";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { formerDatabase, migrateBy } from "./harness/former-database.ts";

const ids = {
  venue: randomUUID(),
  plan: randomUUID(),
  event: randomUUID(),
  section: randomUUID(),
  offer: randomUUID(),
  buyer: randomUUID(),
};
type Former = { readonly booking: string; readonly payment: string };
const [kept, late, underWay]: [Former, Former, Former] = [former(), former(), former()];

function former(): Former {
  return { booking: randomUUID(), payment: randomUUID() };
}

/** As the migrations before left it. */
async function formerShop(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await formerDatabase() });
  await client.connect();
  onTestFinished(() => client.end());
  await migrateBy(
    client,
    "0001-foundation.sql",
    "0002-rooms.sql",
    "0003-seats.sql",
    "0004-event-versions.sql",
  );
  await client.query("insert into venues (id, name, city) values ($1, 'Hall', 'Town')", [ids.venue]);
  await client.query("insert into seating_plans (id, venue_id, name, layout) values ($1, $2, 'p', '[]')", [
    ids.plan,
    ids.venue,
  ]);
  await client.query(
    `insert into events (id, venue_id, seating_plan_id, title, description, starts_at, status, currency, payment_window_ms)
     values ($1, $2, $3, 't', 'd', now(), 'active', 'EUR', 60000)`,
    [ids.event, ids.venue, ids.plan],
  );
  await client.query(
    `insert into sections (id, event_id, name, kind, position, capacity, layout)
     values ($1, $2, 'Floor', 'standing', 0, 10, '{"rows": [], "segments": [[0, 0, 0]], "blocks": []}')`,
    [ids.section, ids.event],
  );
  await client.query(
    `insert into offers (id, event_id, section_id, category, price_minor, currency, max_per_booking, sales_from, sales_until)
     values ($1, $2, $3, 'Floor', 5500, 'EUR', 8, '2020-01-01', '2030-01-01')`,
    [ids.offer, ids.event, ids.section],
  );
  await sell(client, kept, { booking: "paid", payment: "succeeded", owed: ["organiser_payable", ids.event] });
  await sell(client, late, { booking: "expired", payment: "refunded", owed: undefined });
  await sell(client, underWay, {
    booking: "expired",
    payment: "refunding",
    owed: ["buyer_refunds", underWay.booking],
  });
  return client;
}

type Sale = {
  readonly booking: string;
  readonly payment: string;
  readonly owed: [string, string] | undefined;
};

async function sell(client: pg.Client, { booking, payment }: Former, sale: Sale): Promise<void> {
  await client.query(
    `insert into bookings (id, event_id, buyer_id, buyer_email, identity, request_hash, status, quantity, total_minor,
       currency, created_at, deadline, ended_at)
     values ($1, $2, $3, 'a@b.example', 'aaaaaaaaaaaaaaaaaaaaaa', 'hash', $4, 1, 5500, 'EUR', now(), now(),
       case $4 when 'paid' then null else now() end)`,
    [booking, ids.event, ids.buyer, sale.booking],
  );
  await client.query(
    `insert into booking_seats (booking_id, position, section_id, offer_id, seat_number, price_minor, live)
     values ($1, 0, $2, $3, null, 5500, $4)`,
    [booking, ids.section, ids.offer, sale.booking === "paid"],
  );
  await client.query(
    `insert into payments (id, booking_id, provider, provider_payment_id, status, amount_minor, currency, settled_at)
     values ($1::uuid, $2, 'sandbox', $1::text, $3, 5500, 'EUR', now())`,
    [payment, booking, sale.payment],
  );
  if (sale.owed !== undefined) await transfer(client, { booking, payment }, sale.owed);
}

async function transfer(
  client: pg.Client,
  { booking, payment }: Former,
  owed: [string, string],
): Promise<void> {
  const id = randomUUID();
  await client.query("begin");
  await client.query(
    "insert into transfers (id, key, kind, booking_id, payment_id) values ($1, $2, 'payment', $3, $4)",
    [id, `payment ${payment}`, booking, payment],
  );
  for (const [position, [kind, party, amount]] of [
    ["provider_clearing", "sandbox", 5500] as const,
    [...owed, -5500] as const,
  ].entries()) {
    await client.query(
      "insert into ledger_accounts (id, kind, party, currency) values ($1, $2, $3, 'EUR') on conflict do nothing",
      [randomUUID(), kind, party],
    );
    await client.query(
      `insert into entries (transfer_id, position, account_id, amount_minor, currency)
       select $1, $2, id, $3, 'EUR' from ledger_accounts where kind = $4 and party = $5`,
      [id, position, amount, kind, party],
    );
  }
  await client.query("commit");
}

test("payments, refunds under way and books from before refunds had rows are whole afterwards", async () => {
  const client = await formerShop();
  await migrateBy(client, "0005-money.sql");
  const payments = await client.query(
    `select p.id, p.status, p.received_minor::int as received, p.refunded_minor::int as refunded, p.buyer_id, r.status as refund
       from payments p left join refunds r on r.payment_id = p.id`,
  );
  const of = ({ payment }: Former) => payments.rows.find(({ id }) => id === payment);
  const common = { status: "succeeded", received: 5500, buyer_id: ids.buyer };
  expect(of(kept)).toMatchObject({ ...common, refunded: 0, refund: null });
  expect(of(late)).toMatchObject({ ...common, refunded: 5500, refund: "done" });
  expect(of(underWay)).toMatchObject({ ...common, refunded: 5500, refund: "pending" });
  const balances = await client.query(
    `select a.kind, sum(b.balance_minor)::int as balance from account_balances b join ledger_accounts a on a.id = b.account_id
      group by a.kind order by a.kind`,
  );
  expect(balances.rows).toEqual([
    { kind: "buyer_refunds", balance: -5500 },
    { kind: "organiser_payable", balance: -5500 },
    { kind: "provider_clearing", balance: 11_000 },
  ]);
});

test("what was sold for stays the price, and costs no charges", async () => {
  const client = await formerShop();
  await migrateBy(client, "0005-money.sql");
  const offer = await client.query(
    "select face_minor::int as face, fee_minor::int as fee, tax_minor::int as tax from offers",
  );
  expect(offer.rows).toEqual([{ face: 5500, fee: 0, tax: 0 }]);
  await expect(client.query("update offers set price_minor = 1")).rejects.toThrow("make another offer");
});
