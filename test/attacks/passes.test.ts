import { createHmac } from "node:crypto";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { createTokens, type TokenClaims, type Verified } from "../../foundation/tokens.ts";
import { proxyForThisTest } from "../harness/tcp-proxy.ts";
import { waitFor } from "../harness/wait-for.ts";
import {
  ask,
  type Buyer,
  book,
  enter,
  join,
  leave,
  openGuest,
  openSession,
  places,
  renew,
} from "./attacker.ts";
import { type AttackedSite, identityOf, startSite, tokens } from "./site.ts";

let site: AttackedSite;
let gateway: string;
let event: OnsaleEvent;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
  event = await site.openEvent();
});
afterAll(() => site.close());

function claimsOf(pass: string): Verified<"pass"> {
  const claims = tokens.verify("pass", pass);
  if (claims === undefined) throw new Error("no pass of this site");
  return claims;
}

function changed(pass: string, changes: Partial<TokenClaims["pass"]>, endsAtMs?: number): string {
  const {
    exp,
    iat: _,
    iss: __,
    aud: ___,
    ...claims
  } = claimsOf(pass) as Verified<"pass"> & Record<string, unknown>;
  return tokens.sign("pass", { ...(claims as TokenClaims["pass"]), ...changes }, endsAtMs ?? exp * 1_000);
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** The same claims under a header of the attacker's choice, signed with what an attacker has. */
function underHeader(pass: string, header: object, key = ""): string {
  const content = `${encode(header)}.${pass.split(".")[1]}`;
  return `${content}.${key === "" ? "" : createHmac("sha256", key).update(content).digest("base64url")}`;
}

test("a pass that is forged, another's, of another event, ended, or no pass at all books nothing at any gateway", async () => {
  const [owner, thief] = [await openGuest(gateway), await openGuest(gateway)];
  const other = await site.openEvent();
  const [{ pass, receipt }, inOther] = [
    await enter(gateway, event, owner),
    await enter(gateway, other, owner),
  ];
  const {
    iat: _,
    iss: __,
    aud: ___,
    ...claims
  } = jwt.decode(pass) as TokenClaims["pass"] & Record<string, unknown>;
  const strange = createTokens("t".repeat(40)).sign(
    "pass",
    claims as TokenClaims["pass"],
    Date.now() + 60_000,
  );
  const [head, body, mac = ""] = pass.split(".");
  const moved = encode({ ...(jwt.decode(pass) as object), exp: 4_000_000_000 });
  const worthless: [string, string][] = [
    ["unsigned", underHeader(pass, { alg: "none", typ: "JWT" })],
    ["unsigned, in capitals", underHeader(pass, { alg: "NONE", typ: "JWT" })],
    ["without a signature", `${head}.${body}.`],
    ["signed with another secret", strange],
    ["signed with nothing much", underHeader(pass, { alg: "HS256", typ: "JWT" }, "secret")],
    [
      "that names its own key",
      underHeader(pass, { alg: "HS256", jwk: { kty: "oct", k: "c2VjcmV0" } }, "secret"),
    ],
    ["with a later end", `${head}.${moved}.${mac}`],
    ["of another event", inOther.pass],
    ["that has ended", changed(pass, {}, Date.now() - 1_000)],
    ["the receipt", receipt],
    ["the token", owner.token],
    ["too long", `${pass}${"A".repeat(1_900)}`],
  ];
  for (const url of site.gateways) {
    for (const [what, forged] of worthless)
      expect(await book(url, event, owner, forged), what).toMatchObject({
        status: 403,
        code: "pass_invalid",
      });
    expect(await book(url, event, owner, undefined)).toMatchObject({ status: 403, code: "pass_missing" });
    expect(await book(url, event, thief, pass)).toMatchObject({ status: 403, code: "pass_invalid" });
    // A pass says who is inside, not who asks.
    expect(await book(url, event, { ...owner, token: pass }, pass)).toMatchObject({ code: "token_invalid" });
    expect(await book(url, event, { ...owner, token: receipt }, pass)).toMatchObject({
      code: "token_invalid",
    });
  }
  expect(await site.bookingsOf(event.id)).toBe(0);
  for (const url of site.gateways) expect((await book(url, event, owner, pass)).status).toBe(201);
  expect(await site.bookingsOf(event.id)).toBe(2);
});

const refusedEverywhere = (buyer: Buyer, pass: string, of = event) =>
  Promise.all(
    site.gateways.map((url) =>
      waitFor(async () => (await book(url, of, buyer, pass)).code === "pass_invalid", {
        what: `the end of the pass at ${url}`,
        withinMs: 1_000,
      }),
    ),
  );

test("who leaves has no pass within a second at every gateway; joining again does not bring it back", async () => {
  const buyer = await openGuest(gateway);
  const { pass } = await enter(gateway, event, buyer);
  for (const url of site.gateways) expect((await book(url, event, buyer, pass)).status).toBe(201);
  await leave(gateway, event, buyer);
  await refusedEverywhere(buyer, pass);
  expect(await renew(gateway, event, buyer, pass)).toMatchObject({ status: 403, code: "pass_invalid" });
  const again = await enter(site.gateways[1], event, buyer);
  expect(claimsOf(again.pass).passNumber).toBeGreaterThan(claimsOf(pass).passNumber);
  await refusedEverywhere(buyer, pass);
  for (const url of site.gateways) expect((await book(url, event, buyer, again.pass)).status).toBe(201);
});

test("whom the operator takes out has no pass within a second at every gateway; nobody else is touched", async () => {
  const [cheat, honest] = [await openGuest(gateway), await openGuest(gateway)];
  const [{ pass }, kept] = [await enter(gateway, event, cheat), await enter(gateway, event, honest)];
  const operator = await openSession(gateway, await site.openAccount("organiser"));
  const path = `/v1/admin/events/${event.id}/places/${identityOf(cheat)}`;
  expect((await ask(site.gateways[1], path, { ...honest, method: "DELETE" })).code).toBe("forbidden");
  expect((await book(site.gateways[1], event, cheat, pass)).status).toBe(201);
  expect((await ask(gateway, path, { ...operator, method: "DELETE" })).status).toBe(204);
  await refusedEverywhere(cheat, pass);
  for (const url of site.gateways) expect((await book(url, event, honest, kept.pass)).status).toBe(201);
});

test("a pass is refused without asking Postgres", async () => {
  const proxy = await proxyForThisTest(site.databaseUrl);
  const remote = await site.startGateway({ DATABASE_URL: proxy.url });
  const [leaver, honest] = [await openGuest(gateway), await openGuest(gateway)];
  const [{ pass }, kept] = [await enter(gateway, event, leaver), await enter(gateway, event, honest)];
  expect((await book(remote, event, leaver, pass)).status).toBe(201);
  proxy.cut();
  await leave(gateway, event, leaver);
  await waitFor(async () => (await book(remote, event, leaver, pass)).code === "pass_invalid", {
    what: "the end of the pass",
    withinMs: 1_000,
  });
  expect((await book(remote, event, honest, underHeader(kept.pass, { alg: "none" }))).code).toBe(
    "pass_invalid",
  );
  expect((await book(remote, event, honest, kept.pass)).status).toBe(503);
  proxy.mend();
  const booked = async () => (await book(remote, event, honest, kept.pass)).status === 201;
  await waitFor(booked, { what: "a booking once Postgres is back" });
});

test("a pass is renewed as often as the room allows, however many ask at once, and is the same pass", async () => {
  const room = await site.openEvent({ renewals: 2, passMs: 60_000 });
  const buyer = await openGuest(gateway);
  const { pass } = await enter(gateway, room, buyer);
  const asked = Array.from({ length: 20 }, (_, index) =>
    renew(site.gateways[index % 2] as string, room, buyer, pass),
  );
  const answers = await Promise.all(asked);
  const renewed = answers.filter(({ status }) => status === 201);
  expect(renewed.map(({ body }) => body.renewalsLeft).toSorted((one, other) => one - other)).toEqual([0, 1]);
  expect(new Set(answers.filter(({ status }) => status !== 201).map(({ code }) => code))).toEqual(
    new Set(["renewals_used"]),
  );
  for (const { body } of renewed) {
    expect(claimsOf(body.pass).passNumber).toBe(claimsOf(pass).passNumber);
    expect((await book(gateway, room, buyer, body.pass)).status).toBe(201);
  }
  const mostMs = Date.now() + 60_000;
  for (const { body } of renewed) expect(claimsOf(body.pass).exp * 1_000).toBeLessThanOrEqual(mostMs);
  await leave(gateway, room, buyer);
  for (const { body } of renewed) await refusedEverywhere(buyer, body.pass, room);
});

test("a pass is worth nothing as a receipt", async () => {
  const buyer = await openGuest(gateway);
  const { pass, receipt } = await enter(gateway, event, buyer);
  expect(await join(gateway, event, buyer, { receipt: pass })).toMatchObject({
    status: 422,
    code: "receipt_wrong",
  });
  expect(await join(gateway, event, buyer, { receipt: buyer.token })).toMatchObject({
    code: "receipt_wrong",
  });
  expect((await join(gateway, event, buyer, { receipt })).body.standing.outcome).toBe("inside");
  expect((await ask(gateway, `${places(event)}/mine`, { token: pass })).code).toBe("token_invalid");
});
