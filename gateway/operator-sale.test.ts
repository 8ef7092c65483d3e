import { expect, test } from "vitest";
import type { GatewayServices } from "./services.ts";
import { problemOf, send } from "./test-client.ts";
import { eventId, seatedId, testBuyer, testOperator, tokenOf } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testServices } from "./test-services.ts";

const token = tokenOf(testOperator());
const base = `/v1/admin/events/${eventId}`;
const seats = `${base}/sections/${seatedId}/seats`;
const anyPolicy = { untilSeconds: 0, shareBasisPoints: 1, feesToo: true, seatsReturn: true };
const { saleControl } = testServices({} as never, {} as never);

test("an operator reads and changes the rules, in the units of the API", async () => {
  const gateway = await startTestGateway();
  const shown = await send(gateway, `${base}/rules`, { token });
  expect(shown.body).toEqual({
    ...{ mostPerBuyer: null, allowsSingles: true, extensionSeconds: 60, refundPolicy: null },
    pools: [{ letter: "A", name: "artists" }],
  });
  const json = { mostPerBuyer: 4, extensionSeconds: 0 };
  const changed = await send(gateway, `${base}/rules`, { method: "PATCH", token, json });
  expect(changed.body).toMatchObject(json);
});

test("an operator says how tickets are given back, or that they are not", async () => {
  const asked: unknown[] = [];
  const gateway = await startTestGateway({
    saleControl: {
      ...saleControl,
      changeRules: async (actor, event, changes) => {
        asked.push(changes);
        return saleControl.changeRules(actor, event, changes);
      },
    },
  });
  const policy = { untilSeconds: 86_400, shareBasisPoints: 9_000, feesToo: false, seatsReturn: true };
  for (const refundPolicy of [policy, null]) {
    const json = { refundPolicy };
    const changed = await send(gateway, `${base}/rules`, { method: "PATCH", token, json });
    expect(changed).toMatchObject({ status: 200, body: json });
  }
  const { untilSeconds: _, ...terms } = policy;
  expect(asked).toEqual([{ refundPolicy: { untilMs: 86_400_000, ...terms } }, { refundPolicy: null }]);
});

test("a pool is made with a code that is not told again", async () => {
  const gateway = await startTestGateway();
  const json = { letter: "A", name: "artists", code: "OPEN-SESAME" };
  const made = await send(gateway, `${base}/pools`, { method: "POST", token, json });
  expect(made).toMatchObject({ status: 201, body: { pools: [{ letter: "A", name: "artists" }] } });
  expect(JSON.stringify(made.body)).not.toMatch(/hash|SESAME/);
});

test.each([
  ["ordinary", undefined, 0],
  ["accessible", undefined, 1],
  ["companion", undefined, 2],
  ["blocked", undefined, 3],
  ["house", "A", 4],
  ["house", "T", 23],
] as const)("seats become %s %s", async (to, pool, seatClass) => {
  const asked: unknown[] = [];
  const gateway = await startTestGateway({
    saleControl: {
      ...saleControl,
      markSeats: async (actor, wanted, wantedClass) => {
        asked.push([actor.email, wanted, wantedClass]);
        return { outcome: "marked", marked: 2 };
      },
    },
  });
  const json = { seatNumbers: [3, 1], to, ...(pool === undefined ? {} : { pool }) };
  const marked = await send(gateway, seats, { method: "PATCH", token, json });
  expect(marked).toMatchObject({ status: 200, body: { marked: 2 } });
  const wanted = { eventId, sectionId: seatedId, seatNumbers: [3, 1] };
  expect(asked).toEqual([[testOperator().email, wanted, seatClass]]);
});

test.each([
  [seats, "PATCH", { seatNumbers: [1, 1], to: "blocked" }],
  [seats, "PATCH", { seatNumbers: [], to: "blocked" }],
  [seats, "PATCH", { seatNumbers: [1], to: "house" }],
  [seats, "PATCH", { seatNumbers: [1], to: "blocked", pool: "A" }],
  [seats, "PATCH", { seatNumbers: [1], to: "house", pool: "U" }],
  [`${base}/rules`, "PATCH", {}],
  [`${base}/rules`, "PATCH", { mostPerBuyer: 0 }],
  [`${base}/rules`, "PATCH", { extensionSeconds: 90_000 }],
  [`${base}/rules`, "PATCH", { refundPolicy: {} }],
  [`${base}/rules`, "PATCH", { refundPolicy: { ...anyPolicy, shareBasisPoints: 10_001 } }],
  [`${base}/rules`, "PATCH", { refundPolicy: { ...anyPolicy, shareBasisPoints: 0 } }],
  [`${base}/rules`, "PATCH", { refundPolicy: { ...anyPolicy, untilSeconds: -1 } }],
  [`${base}/rules`, "PATCH", { refundPolicy: { ...anyPolicy, more: true } }],
  [`${base}/pools`, "POST", { letter: "A", name: "artists", code: "short" }],
  [`${base}/pools`, "POST", { letter: "A", name: "art\u0000ists", code: "long-enough" }],
  [`${base}/pools`, "POST", { letter: "a", name: "artists", code: "long-enough" }],
])("%s %s %j does not fit", async (path, method, json) => {
  const gateway = await startTestGateway();
  expect(problemOf(await send(gateway, path, { method, token, json })).code).toBe("invalid_request");
});

test.each([
  [{ outcome: "not_found" }, 404],
  [{ outcome: "pool_unknown" }, 409],
  [{ outcome: "seats_unknown", seatNumbers: [99] }, 422],
] as const)("marking that ends in %j is a problem with status %i", async (outcome, status) => {
  const control: GatewayServices["saleControl"] = { ...saleControl, markSeats: async () => outcome };
  const gateway = await startTestGateway({ saleControl: control });
  const json = { seatNumbers: [99], to: "blocked" };
  const { outcome: code, ...more } = outcome;
  expect(problemOf(await send(gateway, seats, { method: "PATCH", token, json }))).toMatchObject({
    status,
    code,
    ...more,
  });
});

test.each([
  [`${base}/rules`, "GET"],
  [`${base}/rules`, "PATCH"],
  [`${base}/pools`, "POST"],
  [seats, "PATCH"],
])("%s %s is for operators only", async (path, method) => {
  const gateway = await startTestGateway();
  const json = method === "GET" ? {} : { json: {} };
  const refused = await send(gateway, path, { method, token: tokenOf(testBuyer()), ...json });
  expect(problemOf(refused).code).toBe("forbidden");
});
