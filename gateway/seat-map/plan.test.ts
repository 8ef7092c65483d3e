import { expect, test } from "vitest";
import type { OnsaleEvent, Section } from "../../booking-core/events/event.ts";
import { compileSection } from "../../booking-core/events/plan.ts";
import type { OfferId } from "../../foundation/ids.ts";
import { uuidFromParts } from "../../foundation/ids.ts";
import { send } from "../test-client.ts";
import { eventId, seatedId, testEvent } from "../test-data.ts";
import { startTestGateway } from "../test-gateway.ts";

const path = `/v1/events/${eventId}/plan`;

const offerOf = (category: string, amountMinor: bigint) => ({
  id: uuidFromParts("offer", category) as OfferId,
  category,
  price: { amountMinor, currency: "EUR" },
  ...{ feeMinor: 0n, taxMinor: 0n, charges: [] },
  maxPerBooking: 4,
  salesFromMs: 0,
  salesUntilMs: 1,
});

function eventOf(names: readonly string[]): OnsaleEvent {
  const rows = [
    { label: "A", seats: "oo_vax", names },
    { label: "B", seats: "cA", category: "Rear" },
  ];
  const { capacity, layout, marks } = compileSection({ name: "S", kind: "seated", rows }, ["Front", "Rear"]);
  const offers = [offerOf("Front", 9_000n), offerOf("Rear", 4_500n)];
  const section: Section = {
    id: seatedId,
    eventId,
    name: "S",
    kind: "seated",
    capacity,
    marks,
    offers,
    ...layout,
  };
  return { ...testEvent, sections: [section] };
}

const catalogueOf = (event: () => OnsaleEvent) => ({
  list: async () => [event()],
  find: async () => event(),
});

test("the plan says where each seat stands, its name and its offer, and keeps to itself who has the rest", async () => {
  const event = eventOf(["1", "3", "5", "7", "9"]);
  const gateway = await startTestGateway({ catalogue: catalogueOf(() => event) });
  const { body } = await send(gateway, path);
  const of = { offer: 0, restrictedView: false };
  const { blocks } = (body as { sections: { blocks: { first: number }[] }[] }).sections[0] ?? { blocks: [] };
  expect(blocks.toSorted((left, right) => left.first - right.first)).toEqual([
    { row: 0, column: 0, first: 0, seats: 2, names: ["1", "3"], ...of },
    { row: 0, column: 4, first: 2, seats: 2, names: ["7", "9"], ...of },
    { row: 0, column: 3, first: 4, seats: 1, names: ["5"], ...of, restrictedView: true },
    { row: 1, column: 0, first: 5, seats: 2, names: { first: 1, step: 1 }, offer: 1, restrictedView: false },
  ]);
  expect(body).toMatchObject({
    eventId,
    sections: [
      {
        id: seatedId,
        rows: ["A", "B"],
        capacity: 7,
        offers: [{ category: "Front", price: { amountMinor: 9_000 } }, { category: "Rear" }],
        accessible: [2],
        companions: [5],
      },
    ],
  });
});

test("a plan may be kept, and costs no body until the event has changed", async () => {
  let event = eventOf(["1", "3", "5", "7", "9"]);
  const gateway = await startTestGateway({ catalogue: catalogueOf(() => event) });
  const first = await send(gateway, path);
  const etag = String(first.headers.get("etag"));
  expect(first.headers.get("cache-control")).toBe("public, max-age=300");
  const ask = async () => (await send(gateway, path, { headers: { "if-none-match": etag } })).status;
  expect(await ask()).toBe(304);
  event = eventOf(["1", "3", "5", "7", "9"]);
  expect(await ask()).toBe(304);
  event = eventOf(["2", "4", "6", "8", "10"]);
  expect(await ask()).toBe(200);
});
