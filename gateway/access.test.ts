import jwt from "jsonwebtoken";
import { expect, test } from "vitest";
import { uuidFromParts } from "../foundation/ids.ts";
import { createTokens } from "../foundation/tokens.ts";
import { routes } from "./routes.ts";
import { problemOf, send } from "./test-client.ts";
import { eventId, hourMs, passOf, seatedId, testBuyer, testTokens, tokenOf, unknownId } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";

const ada = testBuyer("ada");
const ben = testBuyer("ben");
const inAnHour = Date.now() + hourMs;
const idempotency = { "idempotency-key": "key-12345678" };

test("every route for buyers is closed to those without a token", async () => {
  const gateway = await startTestGateway();
  const closed = routes.filter(({ access }) => access === "buyer" || access === "pass");
  expect(closed.length).toBeGreaterThan(7);
  for (const { method, path } of closed) {
    const address = path.replace(/:[a-zA-Z]+/g, unknownId);
    const refused = await send(gateway, address, { method: method.toUpperCase() });
    expect(problemOf(refused)).toMatchObject({ status: 401, code: "token_missing" });
  }
});

const forged = createTokens("another secret, thirty-two characters long").sign("buyer", ada, inAnHour);
const unsigned = jwt.sign(ada, null, { algorithm: "none", issuer: "onsale", audience: "buyer" });
const receipt = testTokens.sign(
  "receipt",
  { eventId, identity: "i", lane: "general", entry: 1, number: 1, incarnation: 1, joinedAtMs: 1 },
  inAnHour,
);

test.each([
  ["forged", `Bearer ${forged}`],
  ["unsigned", `Bearer ${unsigned}`],
  ["ended", `Bearer ${tokenOf(ada, -1_000)}`],
  ["of another kind (a pass)", `Bearer ${passOf(ada)}`],
  ["of another kind (a receipt)", `Bearer ${receipt}`],
  ["garbage", "Bearer x"],
  ["of another scheme", "Basic YTpi"],
  ["too long", `Bearer ${tokenOf({ ...ada, email: "a".repeat(1_600) })}`],
])("a token that is %s is refused", async (_, authorization) => {
  const gateway = await startTestGateway();
  const refused = await send(gateway, `/v1/events/${eventId}/places/mine`, { headers: { authorization } });
  expect(problemOf(refused)).toMatchObject({ status: 401, code: "token_invalid" });
});

test.each([
  ["missing", {}, "device_proof_missing"],
  ["none", { dpop: "proof" }, "device_proof_wrong"],
])("a device's proof that is %s is refused with what would be understood", async (_, headers, code) => {
  const gateway = await startTestGateway();
  const token = tokenOf({ ...ada, cnf: { jkt: "A".repeat(43) } });
  const refused = await send(gateway, `/v1/events/${eventId}/places/mine`, { token, headers });
  expect(problemOf(refused)).toMatchObject({ status: 401, code });
  expect(refused.headers.get("www-authenticate")).toBe('DPoP algs="ES256"');
});

const otherEvent = uuidFromParts("another event") as typeof eventId;

test.each([
  ["missing", undefined, "pass_missing"],
  ["another buyer's", passOf(ben), "pass_invalid"],
  ["another event's", passOf(ada, otherEvent), "pass_invalid"],
  ["ended", passOf(ada, eventId, -1_000), "pass_invalid"],
  ["a buyer's token", tokenOf(ada), "pass_invalid"],
])("a booking is refused when the pass is %s", async (_, pass, code) => {
  const gateway = await startTestGateway();
  const sent = {
    method: "POST",
    token: tokenOf(ada),
    headers: { ...idempotency, ...(pass === undefined ? {} : { "onsale-pass": pass }) },
    json: { wishes: [{ mode: "best-available", sectionId: seatedId, quantity: 1 }] },
  };
  const refused = await send(gateway, `/v1/events/${eventId}/bookings`, sent);
  expect(problemOf(refused)).toMatchObject({ status: 403, code });
});

test("a proof without a token is read where a session is opened, and nowhere else", async () => {
  const gateway = await startTestGateway();
  const headers = { dpop: "no proof" };
  for (const path of ["/v1/events", `/v1/events/${eventId}/draw`])
    expect((await send(gateway, path, { headers })).status, path).toBe(200);
  const refused = await send(gateway, "/v1/sessions", {
    method: "POST",
    headers,
    json: { email: "a@b.example" },
  });
  expect(problemOf(refused)).toMatchObject({ status: 401, code: "device_proof_wrong" });
});
