import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEvent, openShop, rowsOf, type Shop, sectionOf } from "../../test/harness/shop.ts";
import type { Charge } from "../prices/charge.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const charges: readonly Charge[] = [
  { name: "Service", kind: "fee", included: false, fixedMinor: 300n },
  { name: "VAT", kind: "tax", included: true, basisPoints: 700 },
];
const offers = [{ category: "standard", faceMinor: 10_700n, charges }];
const sections = [rowsOf(4)];

describe("an offer with charges", () => {
  test("has its price and its parts in Postgres, and in the event that buyers see", async () => {
    const event = await openEvent(shop, { sections, offers });
    const stored = await shop.pool.query("select * from offers where event_id = $1", [event.id]);
    expect(stored.rows).toMatchObject([
      { face_minor: 10_700n, price_minor: 11_000n, fee_minor: 300n, tax_minor: 700n },
    ]);
    expect(sectionOf(event).offers).toMatchObject([
      {
        price: { amountMinor: 11_000n, currency: "EUR" },
        feeMinor: 300n,
        taxMinor: 700n,
        charges: [
          { ...charges[0], amountMinor: 300n },
          { ...charges[1], amountMinor: 700n },
        ],
      },
    ]);
  });

  test.each([
    "price_minor = 11001",
    "fee_minor = 301",
    "tax_minor = 0",
    "charges = '[]'",
    "face_minor = 1",
    "currency = 'USD'",
  ])("never changes: %s is refused by the database", async (change) => {
    const { id } = await openEvent(shop, { sections, offers });
    const changed = shop.pool.query(`update offers set ${change} where event_id = $1`, [id]);
    await expect(changed).rejects.toThrow("was sold for");
  });
});

test.each([
  ["JPY", 5_000n],
  ["KWD", 12_345n],
])("an event in %s has prices in its own minor units", async (currency, faceMinor) => {
  const event = await openEvent(shop, { sections, currency, offers: [{ category: "standard", faceMinor }] });
  expect(sectionOf(event).offers[0]?.price).toEqual({ amountMinor: faceMinor, currency });
});

test("an event in what is no currency, or with charges that cannot be, is not made", async () => {
  await expect(openEvent(shop, { sections, currency: "ABC" })).rejects.toThrow("ABC is no currency");
  const [offer] = offers;
  const tooMuch: Charge = { name: "Service", kind: "fee", included: true, fixedMinor: 10_701n };
  const impossible = { category: "standard", faceMinor: 1n, ...offer, charges: [tooMuch] };
  await expect(openEvent(shop, { sections, offers: [impossible] })).rejects.toThrow("no price can be made");
});

test("how tickets are given back stands with the event, and nothing where they are not", async () => {
  const refundPolicy = {
    ...{ untilMs: 86_400_000, shareBasisPoints: 8_000 },
    ...{ feesToo: true, seatsReturn: false },
  };
  expect((await openEvent(shop, { sections, refundPolicy })).refundPolicy).toEqual(refundPolicy);
  expect((await openEvent(shop, { sections })).refundPolicy).toBeNull();
});
