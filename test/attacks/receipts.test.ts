import jwt from "jsonwebtoken";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { createTokens, type TokenClaims } from "../../foundation/tokens.ts";
import { waitFor } from "../harness/wait-for.ts";
import { type Buyer, enter, join, leave, openGuest, standingOf } from "./attacker.ts";
import { type AttackedSite, startSite } from "./site.ts";

let site: AttackedSite;
let gateway: string;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
});
afterAll(() => site.close());

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const urlOf = (index: number) => site.gateways[index % 2] as string;
const numberOf = async (event: OnsaleEvent, buyer: Buyer) =>
  (await standingOf(gateway, event, buyer)).body.standing?.number;

async function joined(event: OnsaleEvent, buyer: Buyer): Promise<string> {
  const answer = await join(gateway, event, buyer);
  expect(answer.status).toBe(201);
  return answer.body.receipt;
}

/** Redis loses all that it knew of the room; the worker makes it again from what Postgres has. */
async function loseRoom(event: OnsaleEvent): Promise<void> {
  const keys = roomKeys(event.id);
  await site.redis.del(keys.settings, keys.places, keys.line, keys.drawn, keys.back, keys.turns, keys.inside);
  await site.redis.del(keys.passes, keys.revoked, keys.proofs, keys.reports);
  await site.publishEvent(event.id);
  await waitFor(async () => (await site.redis.hget(keys.settings, "lanes")) !== null, { what: "the room" });
}

function forged(receipt: string, changes: Partial<TokenClaims["receipt"]>): string {
  const {
    iat: _,
    iss: __,
    aud: ___,
    exp,
    ...claims
  } = jwt.decode(receipt) as TokenClaims["receipt"] & Record<string, unknown>;
  const other = { ...(claims as TokenClaims["receipt"]), ...changes };
  return createTokens("t".repeat(40)).sign("receipt", other, Number(exp) * 1_000);
}

function moved(receipt: string, changes: object): string {
  const [head, , mac] = receipt.split(".");
  const claims = { ...(jwt.decode(receipt) as object), ...changes };
  return `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${mac}`;
}

test("after Redis lost the room, a receipt gives back its own place and no other, and once", async () => {
  const event = await site.openEvent({ paused: true, absenceGraceMs: 1_000 });
  const other = await site.openEvent({ paused: true });
  const [owner, thief, idle] = [await openGuest(gateway), await openGuest(gateway), await openGuest(gateway)];
  const [first, second] = [await joined(event, owner), await joined(event, thief)];
  const ofOther = await joined(other, thief);
  const third = await joined(event, idle);
  await loseRoom(event);
  expect((await standingOf(gateway, event, owner)).code).toBe("place_missing");
  const worthless = [
    first,
    ofOther,
    forged(second, { entry: 1, number: 1 }),
    moved(second, { entry: 1, number: 1 }),
    `${second.split(".").slice(0, 2).join(".")}.`,
    thief.token,
    "receipt",
  ];
  for (const receipt of worthless)
    expect(await join(gateway, event, thief, { receipt })).toMatchObject({
      status: 422,
      code: "receipt_wrong",
    });
  expect((await standingOf(gateway, event, thief)).code).toBe("place_missing");
  const restored = await Promise.all(
    times(16).map((index) => join(urlOf(index), event, owner, { receipt: first })),
  );
  expect(new Set(restored.map(({ status, body }) => `${status} ${body.standing.number}`))).toEqual(
    new Set(["200 1"]),
  );
  expect((await join(urlOf(1), event, idle, { receipt: third })).body.standing.number).toBe(3);
  // Who came to the room after the loss stands behind everybody from before.
  expect((await join(gateway, event, await openGuest(gateway))).body.standing.number).toBeGreaterThan(3);
  expect(await numberOf(event, owner)).toBe(1);
});

test("a receipt that was used to come back is worth nothing once that place is left", async () => {
  const event = await site.openEvent({ paused: true, absenceGraceMs: 1_000 });
  const buyer = await openGuest(gateway);
  const receipt = await joined(event, buyer);
  await loseRoom(event);
  expect((await join(gateway, event, buyer, { receipt })).body.standing.number).toBe(1);
  await leave(gateway, event, buyer);
  for (const url of site.gateways)
    expect(await join(url, event, buyer, { receipt })).toMatchObject({ status: 409, code: "receipt_spent" });
  expect((await standingOf(gateway, event, buyer)).code).toBe("place_missing");
  expect(Number((await join(gateway, event, buyer)).body.standing.number)).toBeGreaterThan(1);
});

test("the receipt of a place that was left restores nothing", async () => {
  const event = await site.openEvent({ paused: true });
  const buyer = await openGuest(gateway);
  const receipt = await joined(event, buyer);
  expect(await join(gateway, event, buyer, { receipt })).toMatchObject({ status: 200 });
  await leave(gateway, event, buyer);
  const again = await Promise.all(times(8).map((index) => join(urlOf(index), event, buyer, { receipt })));
  for (const answer of again) expect(answer).toMatchObject({ status: 409, code: "receipt_spent" });
  expect((await standingOf(gateway, event, buyer)).code).toBe("place_missing");
  expect((await join(gateway, event, buyer)).body.standing.number).toBe(2);
});

test("the receipt of a place that was used up restores nothing", async () => {
  const event = await site.openEvent({ turnWindowMs: 1_000, passMs: 1_000, absenceGraceMs: 1_000 });
  const buyer = await openGuest(gateway);
  const { receipt } = await enter(gateway, event, buyer);
  const over = async () => (await standingOf(gateway, event, buyer)).code === "place_missing";
  await waitFor(over, { what: "the end of the pass" });
  expect(await join(gateway, event, buyer, { receipt })).toMatchObject({
    status: 409,
    code: "receipt_spent",
  });
  expect((await join(gateway, event, buyer)).body.standing.number).toBe(2);
});
