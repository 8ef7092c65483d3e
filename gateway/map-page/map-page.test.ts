import { expect, test } from "vitest";
import { send } from "../test-client.ts";
import { eventId } from "../test-data.ts";
import { startTestGateway } from "../test-gateway.ts";
import { applyChanges, isBehind, seatsOfSnapshot, waitMs } from "./follow-seats.mjs";
import { describeSeat, nextSeat, placeSeats } from "./place-seats.mjs";
import { showMoney, showPrice, showRefunds } from "./show-prices.mjs";

const snapshot = { sections: [{ id: "s", version: 4, free: 3, states: "ffhsf" }] };
const change = (from: number, version: number, changed: string) => ({
  sectionId: "s",
  from,
  version,
  free: 1,
  changed,
});

test.each([
  ["the next change", [change(4, 5, "0:h")], "hfhsf", 5, false],
  ["several runs", [change(4, 9, "0:hs,4:b")], "hshsb", 9, false],
  ["an old change", [change(2, 4, "0:h")], "ffhsf", 4, false],
  ["one that began before the snapshot", [change(2, 6, "1:h")], "fhhsf", 6, false],
  ["a gap", [change(5, 6, "0:h")], "ffhsf", 4, true],
  ["two after each other", [change(4, 5, "0:h"), change(5, 6, "0:s")], "sfhsf", 6, false],
  ["counts alone", [change(4, 5, "")], "ffhsf", 5, false],
  ["a reload", [{ sectionId: "s", version: 9, free: 0, reload: true }], "ffhsf", 4, true],
  ["a reload to an older version", [{ sectionId: "s", version: 2, free: 0, reload: true }], "ffhsf", 4, true],
] as const)("%s is followed as the protocol says", (_, changes, states, version, isMissing) => {
  const sections = seatsOfSnapshot(snapshot);
  expect(applyChanges(sections, changes).isMissing).toBe(isMissing);
  expect(sections.get("s")).toMatchObject({ states: states.split(""), version });
});

test("a snapshot that is older than the connection is known to be", () => {
  const sections = seatsOfSnapshot(snapshot);
  expect(isBehind(sections, [{ id: "s", version: 4 }])).toBe(false);
  expect(isBehind(sections, [{ id: "s", version: 5 }])).toBe(true);
  expect(isBehind(sections, [{ id: "other", version: 0 }])).toBe(true);
});

test("who comes back waits longer with each failure, at random, and never longer than the most", () => {
  const reconnect = { firstMs: 1_000, mostMs: 30_000, factor: 2 };
  expect([0, 1, 2, 9].map((failures) => waitMs(reconnect, failures, 1))).toEqual([
    1_000, 2_000, 4_000, 30_000,
  ]);
  expect(waitMs(reconnect, 9, 0.5)).toBe(15_000);
});

const section = {
  rows: ["A", "B"],
  offers: [{ category: "Floor", price: { amountMinor: 4_500, currency: "EUR" } }],
  blocks: [
    { row: 0, column: 0, first: 0, seats: 2, names: { first: 1, step: 2 }, offer: 0, restrictedView: false },
    { row: 0, column: 4, first: 2, seats: 2, names: ["x", "y"], offer: 0, restrictedView: true },
    { row: 1, column: 3, first: 4, seats: 1, names: { first: 1, step: 1 }, offer: 0, restrictedView: false },
  ],
};

test("seats stand where the plan says, and are told in words", () => {
  const seats = placeSeats(section);
  expect(seats.map(({ row, column, name }) => [row, column, name])).toEqual([
    [0, 0, "1"],
    [0, 1, "3"],
    [0, 4, "x"],
    [0, 5, "y"],
    [1, 3, "1"],
  ]);
  expect(describeSeat(Object(seats[1]), "h", 2)).toBe("Row A, seat 3: held, Floor, €45.00");
  expect(describeSeat(Object(seats[3]), "f", 2)).toBe("Row A, seat y: free, Floor, €45.00, restricted view");
});

test.each([
  [{ amountMinor: 4_500, currency: "EUR" }, 2, "€45.00"],
  [{ amountMinor: 5, currency: "EUR" }, 2, "€0.05"],
  [{ amountMinor: 4_500, currency: "JPY" }, 0, "¥4,500"],
  [{ amountMinor: 123_456, currency: "HUF" }, 2, "HUF\u00a01,234.56"],
  [{ amountMinor: 1_234, currency: "KWD" }, 3, "KWD\u00a01.234"],
])("%j with %i decimals is %s", (money, decimals, text) => {
  expect(showMoney(money, decimals)).toBe(text);
});

test("a price is told with its parts, and how tickets are given back", () => {
  const amountOf = (amountMinor: number) => ({ amountMinor, currency: "EUR" });
  const offer = { category: "Floor", price: amountOf(4_800), charges: [] as unknown[] };
  expect(showPrice(offer, 2)).toBe("Floor: €48.00");
  offer.charges = [{ name: "Service", amount: amountOf(300) }];
  expect(showPrice(offer, 2)).toBe("Floor: €48.00, of which €3.00 Service");
  offer.charges.push({ name: "VAT 7 %", amount: amountOf(294) });
  expect(showPrice(offer, 2)).toBe("Floor: €48.00, of which €3.00 Service and €2.94 VAT 7 %");
  expect(showRefunds({ status: "active", refunds: null })).toBe("Tickets are not taken back.");
  const refunds = { until: "2027-01-15T08:00:00.000Z", shareBasisPoints: 9_050, feesToo: false };
  expect(showRefunds({ status: "cancelled", refunds })).toBe("What was paid for it goes back by itself.");
  expect(showRefunds({ status: "active", refunds })).toMatch(
    /until January 15, 2027 at 8:00.AM UTC: 90.5 % of the price without its fees is/,
  );
});

test("every seat is reached by the arrow keys, across an aisle and to the nearest of the next row", () => {
  const seats = placeSeats(section);
  expect(nextSeat(seats, 1, "ArrowRight")).toBe(2);
  expect(nextSeat(seats, 2, "ArrowLeft")).toBe(1);
  expect(nextSeat(seats, 0, "ArrowDown")).toBe(4);
  expect(nextSeat(seats, 4, "ArrowUp")).toBe(2);
  expect(nextSeat(seats, 0, "ArrowLeft")).toBeUndefined();
});

test("the page loads everything from here, and all that its scripts import is served", async () => {
  const gateway = await startTestGateway();
  const page = await send(gateway, `/events/${eventId}/map`);
  expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self';/);
  const html = String(page.body);
  expect(html).not.toMatch(/https?:|<script(?! type="module" src)/);
  const waiting = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => String(match[1]));
  const served = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (served.has(path)) continue;
    served.add(path);
    const { status, body } = await send(gateway, path);
    expect([path, status]).toEqual([path, 200]);
    const imported = [...String(body).matchAll(/from "([^"]+)"/g)];
    waiting.push(...imported.map((match) => new URL(String(match[1]), gateway.url + path).pathname));
  }
  expect(served.size).toBe(7);
});
