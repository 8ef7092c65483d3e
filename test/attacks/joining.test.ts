import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { EventId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { solveProof } from "../../foundation/proof-of-work-solver.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { createProofOfWork } from "../../gateway/guard/proof-of-work.ts";
import {
  type Answered,
  ask,
  type Buyer,
  bookings,
  join,
  leave,
  openGuest,
  openSession,
  places,
  standingOf,
  takeTurn,
} from "./attacker.ts";
import { type AttackedSite, identityOf, secret, startSite } from "./site.ts";

let site: AttackedSite;
let gateway: string;
/** Asks for a proof of work. */
let working: OnsaleEvent;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
  working = await site.openEvent({ proofOfWork: "on", paused: true });
});
afterAll(() => site.close());

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const numbers = (answers: readonly Answered[]) => new Set(answers.map(({ body }) => body.standing.number));
const ofStatus = (answers: readonly Answered[], status: number) =>
  answers.filter((answer) => answer.status === status);

test("fifty joins at once from five sessions of one account, over two gateways, make one place", async () => {
  const event = await site.openEvent();
  const account = await site.openAccount("buyer");
  const sessions = await Promise.all(times(5).map(() => openSession(gateway, account)));
  const answers = await Promise.all(
    times(10).flatMap((round) =>
      sessions.map((session) => join(site.gateways[round % 2] as string, event, session)),
    ),
  );
  const joined = [...ofStatus(answers, 201), ...ofStatus(answers, 200)];
  expect(ofStatus(answers, 201)).toHaveLength(1);
  expect(joined.length).toBeGreaterThan(10);
  expect(numbers(joined)).toEqual(new Set([1]));
  expect(joined.length + ofStatus(answers, 429).length).toBe(50);
  // A guest who names the same address is somebody else, and stands behind.
  const guest = await openSession(gateway, { email: account.email });
  expect((await join(gateway, event, guest)).body.standing.number).toBe(2);
  expect((await join(gateway, event, await openGuest(gateway))).body.standing.number).toBe(3);
});

test("a hundred guests of one address have their places; who goes on is told when to come again", async () => {
  const event = await site.openEvent();
  const limited = await site.startGateway({ RATE_PER_ADDRESS: "1" });
  const guests = await Promise.all(times(150).map(() => openGuest(gateway)));
  const answers = await Promise.all(guests.map((guest) => join(limited, event, guest)));
  const joined = ofStatus(answers, 201);
  expect(joined.length).toBeGreaterThanOrEqual(120);
  expect(joined.length).toBeLessThan(145);
  expect(numbers(joined).size).toBe(joined.length);
  const [refused] = ofStatus(answers, 429);
  expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  // The client's own writing does not make it somebody else where no proxy is trusted.
  const disguised = await floodJoins(limited, event, (index) => `203.0.113.${index}`);
  expect(ofStatus(disguised, 429).length).toBeGreaterThan(50);
});

test("behind a trusted proxy the last address of X-Forwarded-For counts, whatever the client wrote before it", async () => {
  const event = await site.openEvent();
  const proxied = await site.startGateway({ RATE_PER_ADDRESS: "1", TRUSTED_PROXIES: "1" });
  const disguised = await floodJoins(proxied, event, (index) => `203.0.113.${index}, 198.51.100.1`, 200);
  expect(ofStatus(disguised, 429).length).toBeGreaterThan(50);
  const neighbour = {
    ...(await openGuest(gateway)),
    headers: { "x-forwarded-for": "198.51.100.1, 198.51.100.2" },
  };
  expect((await ask(proxied, places(event), { ...neighbour, body: {} })).status).toBe(201);
});

/** Joins of guests; each has a session of its own. */
async function floodJoins(url: string, event: { id: string }, from: (index: number) => string, count = 100) {
  const path = `/v1/events/${event.id}/places`;
  const guests = await Promise.all(times(count).map(() => openGuest(gateway)));
  return Promise.all(
    guests.map((guest, index) =>
      ask(url, path, { ...guest, body: {}, headers: { "x-forwarded-for": from(index) } }),
    ),
  );
}

test("leaving and joining again gives a new number at the end, never one that was had before", async () => {
  const event = await site.openEvent({ paused: true });
  const [quitter, other] = [await openGuest(gateway), await openGuest(gateway)];
  expect((await join(gateway, event, quitter)).body.standing.number).toBe(1);
  expect((await join(gateway, event, other)).body.standing.number).toBe(2);
  expect((await leave(gateway, event, quitter)).status).toBe(204);
  expect((await standingOf(gateway, event, quitter)).code).toBe("place_missing");
  expect((await join(gateway, event, quitter)).body.standing.number).toBe(3);
  expect((await standingOf(gateway, event, other)).body.standing.number).toBe(2);
});

test("a room that nobody may join yet, or any more, or that does not exist, gives no places", async () => {
  const guest = await openGuest(gateway);
  const soon = Date.now() + 3_600_000;
  const scheduled = await site.openEvent({ lobbyAtMs: soon, opensAtMs: soon });
  const closed = await site.openEvent({ closed: true });
  expect((await join(gateway, scheduled, guest)).code).toBe("room_closed");
  expect((await join(gateway, closed, guest)).code).toBe("room_closed");
  expect((await join(gateway, { id: randomUUID() as never }, guest)).code).toBe("not_found");
  expect((await join(gateway, await site.openEvent(), guest)).status).toBe(201);
});

test("events that do not exist cost the gateways nothing that stays, whatever is asked of them", async () => {
  const guest = await openGuest(gateway);
  const [invented, real] = [randomUUID() as EventId, (await site.openEvent()).id];
  const askAll = (id: EventId) =>
    Promise.all(
      site.gateways.flatMap((url) => [
        join(url, { id }, guest),
        takeTurn(url, { id }, guest),
        standingOf(url, { id }, guest),
        leave(url, { id }, guest),
        ask(url, `/v1/events/${id}/challenge`, guest),
        ask(url, bookings({ id }), { ...guest, pass: "pass", body: {} }),
      ]),
    );
  for (const { status } of await askAll(invented)) expect([204, 403, 404]).toContain(status);
  await askAll(real);
  const channels = (await site.redis.nodes("master")[0]?.call("PUBSUB", "SHARDCHANNELS")) as string[];
  expect(channels).toContain(roomKeys(real).news);
  expect(channels.filter((channel) => channel.includes(invented))).toEqual([]);
});

type Proof = { readonly challenge: string; readonly nonce: string };

async function workFor(buyer: Buyer, of = working): Promise<Proof> {
  const { status, body } = await ask(gateway, `/v1/events/${of.id}/challenge`, buyer);
  expect(status).toBe(200);
  return { challenge: body.challenge, nonce: solveProof(body.challenge, body.bits) };
}

/** A challenge of the site's own that it would not give any more, or not so. */
function ownChallenge(buyer: Buyer, bits: number, madeAtMs: number): Proof {
  const work = createProofOfWork({ secret, clock: { now: () => madeAtMs } });
  const { challenge } = work.challenge({ eventId: working.id, identity: identityOf(buyer), bits });
  return { challenge, nonce: solveProof(challenge, bits) };
}

const withProof = (buyer: Buyer, proof: Proof, url = gateway) => join(url, working, buyer, { proof });

test("who did the work has a place, and comes back to it without", async () => {
  const buyer = await openGuest(gateway);
  expect((await withProof(buyer, await workFor(buyer))).status).toBe(201);
  const back = await join(gateway, working, buyer);
  expect(back).toMatchObject({ status: 200, body: { standing: { outcome: "waiting" } } });
});

test("a join without work, or with work that is not one's own for this event now, gets no place", async () => {
  const buyer = await openGuest(gateway);
  const { challenge, nonce } = await workFor(buyer);
  const [payload = "", mac = ""] = challenge.split(".");
  const easier = Buffer.from(
    JSON.stringify([...(JSON.parse(Buffer.from(payload, "base64url").toString()) as unknown[])].with(3, 1)),
  ).toString("base64url");
  const another = await site.openEvent({ proofOfWork: "on", paused: true });
  const wrong: [string, Proof][] = [
    ["a wrong nonce", { challenge, nonce: wrongNonce(challenge) }],
    [
      "a challenge that was changed",
      { challenge: `${easier}.${mac}`, nonce: solveProof(`${easier}.${mac}`, 1) },
    ],
    ["no challenge at all", { challenge: "", nonce }],
    ["of another event", await workFor(buyer, another)],
    ["of another buyer", await workFor(await openGuest(gateway))],
    ["that has ended", ownChallenge(buyer, limits.room.proofBits, Date.now() - 121_000)],
    ["that is too easy now", ownChallenge(buyer, limits.room.proofBits - 8, Date.now())],
  ];
  expect(await join(gateway, working, buyer)).toMatchObject({ status: 428, code: "proof_missing" });
  for (const [what, proof] of wrong)
    expect(await withProof(buyer, proof), what).toMatchObject({ status: 403, code: "proof_wrong" });
  expect((await standingOf(gateway, working, buyer)).code).toBe("place_missing");
  expect((await withProof(buyer, { challenge, nonce })).status).toBe(201);
});

function wrongNonce(challenge: string): string {
  const work = createProofOfWork({ secret, clock: { now: Date.now } });
  const [, eventId, identity, bits] = JSON.parse(
    Buffer.from(challenge.split(".")[0] ?? "", "base64url").toString(),
  ) as [string, string, string, number];
  const isWrong = (nonce: string) =>
    work.check({ challenge, nonce, eventId, identity, bits }).outcome === "wrong_nonce";
  return times(1_000).map(String).find(isWrong) ?? "";
}

test("one proof is one place: after leaving, twenty joins with it over two gateways get none", async () => {
  const buyer = await openGuest(gateway);
  const proof = await workFor(buyer);
  expect((await withProof(buyer, proof)).status).toBe(201);
  await leave(gateway, working, buyer);
  const again = await Promise.all(
    times(20).map((index) => withProof(buyer, proof, site.gateways[index % 2])),
  );
  expect(ofStatus(again, 409).length + ofStatus(again, 429).length).toBe(20);
  expect(again.find(({ status }) => status === 409)?.code).toBe("proof_spent");
  expect((await standingOf(gateway, working, buyer)).code).toBe("place_missing");
});

test("a proof that is used by twenty joins among as many leaves makes one new place at most", async () => {
  const buyer = await openGuest(gateway);
  const proof = await workFor(buyer);
  const answers = await Promise.all(
    times(20).flatMap((index) => {
      const url = site.gateways[index % 2] as string;
      return [withProof(buyer, proof, url), leave(url, working, buyer)];
    }),
  );
  expect(ofStatus(answers, 201).length).toBe(1);
});

test("coming back without work while leaving never makes a new place", async () => {
  const buyer = await openGuest(gateway);
  for (const _ of times(3)) {
    await withProof(buyer, await workFor(buyer));
    const answers = await Promise.all(
      times(8).flatMap((index) => {
        const url = site.gateways[index % 2] as string;
        return index === 4 ? [leave(url, working, buyer)] : [join(url, working, buyer)];
      }),
    );
    expect(ofStatus(answers, 201).length).toBe(0);
  }
});
