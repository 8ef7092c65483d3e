import jwt from "jsonwebtoken";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { createTokens, type TokenClaims } from "../../foundation/tokens.ts";
import { waitFor } from "../harness/wait-for.ts";
import { type Buyer, book, enter, join, leave, openGuest, standingOf, takeTurn, turnOf } from "./attacker.ts";
import { type AttackedSite, identityOf, startSite, tokens } from "./site.ts";

let site: AttackedSite;
let gateway: string;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
});
afterAll(() => site.close());

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const urlOf = (index: number) => site.gateways[index % 2] as string;
const passNumber = (pass: string) => tokens.verify("pass", pass)?.passNumber;

test("nobody takes a turn that is another's, or before it comes, or after the place was left", async () => {
  const event = await site.openEvent({ cap: 1 });
  const [first, second, stranger] = [
    await openGuest(gateway),
    await openGuest(gateway),
    await openGuest(gateway),
  ];
  await join(gateway, event, first);
  await turnOf(gateway, event, first);
  await join(gateway, event, second);
  for (const url of site.gateways) {
    expect(await takeTurn(url, event, second)).toMatchObject({ status: 409, code: "turn_missing" });
    expect(await takeTurn(url, event, stranger)).toMatchObject({ status: 409, code: "place_missing" });
  }
  await leave(gateway, event, first);
  expect(await takeTurn(site.gateways[1], event, first)).toMatchObject({
    status: 409,
    code: "place_missing",
  });
  await turnOf(gateway, event, second);
  expect((await takeTurn(gateway, event, second)).status).toBe(201);
});

test("a turn that was not taken in time is gone; its place is the next once its buyer joins again", async () => {
  const event = await site.openEvent({ cap: 1, turnWindowMs: 1_000 });
  const buyer = await openGuest(gateway);
  await join(gateway, event, buyer);
  await turnOf(gateway, event, buyer);
  const lapsed = async () => (await standingOf(gateway, event, buyer)).body.standing.outcome === "lapsed";
  await waitFor(lapsed, { what: "the end of the turn" });
  for (const url of site.gateways)
    expect(await takeTurn(url, event, buyer)).toMatchObject({ status: 409, code: "turn_missing" });
  expect((await join(gateway, event, buyer)).body.standing).toMatchObject({ outcome: "waiting", number: 1 });
  await turnOf(gateway, event, buyer);
  expect((await takeTurn(gateway, event, buyer)).status).toBe(201);
});

test("one turn that is taken twenty times at once is one pass", async () => {
  const event = await site.openEvent({ cap: 5 });
  const [buyer, other] = [await openGuest(gateway), await openGuest(gateway)];
  await join(gateway, event, buyer);
  await turnOf(gateway, event, buyer);
  const taken = await Promise.all(times(20).map((index) => takeTurn(urlOf(index), event, buyer)));
  expect(taken.map(({ status }) => status)).toEqual(times(20).map(() => 201));
  expect(new Set(taken.map(({ body }) => passNumber(body.pass)))).toEqual(new Set([1]));
  expect((await book(gateway, event, buyer, taken[19]?.body.pass)).status).toBe(201);
  expect(passNumber((await enter(gateway, event, other)).pass)).toBe(2);
});

test("however forty buyers grab at turns and give them up at once, never more are inside than the room holds", async () => {
  const cap = 5;
  const event = await site.openEvent({ cap });
  const { turns, inside } = roomKeys(event.id);
  const buyers = await Promise.all(times(40).map(() => openGuest(gateway)));
  await Promise.all(buyers.map((buyer) => join(gateway, event, buyer)));
  const waiting = new Map(buyers.map((buyer) => [identityOf(buyer), buyer]));
  const storms: Promise<number | undefined>[] = [];
  let most = 0;
  const storm = async () => {
    const [offered, admitted] = (await site.redis.multi().zrange(turns, 0, -1).zcard(inside).exec()) ?? [];
    const identities = offered?.[1] as string[];
    most = Math.max(most, identities.length + Number(admitted?.[1]));
    for (const identity of identities) {
      const buyer = waiting.get(identity);
      if (buyer !== undefined && waiting.delete(identity)) storms.push(grabAndLeave(event, buyer));
    }
    return waiting.size === 0;
  };
  await waitFor(storm, { what: "a turn for everybody", withinMs: 20_000 });
  const numbers = await Promise.all(storms);
  expect(new Set(numbers)).toEqual(new Set(times(40).map((index) => index + 1)));
  expect(most).toBe(cap);
});

/** Five times at once, and again among leaving; the number of the one pass that comes of it. */
async function grabAndLeave(event: OnsaleEvent, buyer: Buyer): Promise<number | undefined> {
  const grab = () => times(5).map((index) => takeTurn(urlOf(index), event, buyer));
  const taken = await Promise.all(grab());
  const leaving = times(2).map((index) => leave(urlOf(index), event, buyer));
  const again = await Promise.all([...grab(), ...leaving]);
  expect(again.every(({ status }) => [201, 204, 409].includes(status))).toBe(true);
  expect((await takeTurn(gateway, event, buyer)).code).toBe("place_missing");
  const numbers = new Set(taken.map(({ body }) => passNumber(body.pass)));
  expect(numbers.size).toBe(1);
  return [...numbers][0];
}

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
    expect(Number((await join(url, event, buyer, { receipt })).body.standing.number)).toBeGreaterThan(1);
});

test("the receipt of a place that was left restores nothing", async () => {
  const event = await site.openEvent({ paused: true });
  const buyer = await openGuest(gateway);
  const receipt = await joined(event, buyer);
  expect(await join(gateway, event, buyer, { receipt })).toMatchObject({ status: 200 });
  await leave(gateway, event, buyer);
  const again = await Promise.all(times(8).map((index) => join(urlOf(index), event, buyer, { receipt })));
  expect(again.map(({ body }) => body.standing.number)).toEqual(again.map(() => 2));
  expect(again.filter(({ status }) => status === 201)).toHaveLength(1);
});

test("the receipt of a place that was used up restores nothing", async () => {
  const event = await site.openEvent({ turnWindowMs: 1_000, passMs: 1_000, absenceGraceMs: 1_000 });
  const buyer = await openGuest(gateway);
  const { receipt } = await enter(gateway, event, buyer);
  const over = async () => (await standingOf(gateway, event, buyer)).code === "place_missing";
  await waitFor(over, { what: "the end of the pass" });
  const again = await join(gateway, event, buyer, { receipt });
  expect([again.status, again.body.standing.number]).toEqual([201, 2]);
});
