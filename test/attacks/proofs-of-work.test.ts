import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { limits } from "../../foundation/limits.ts";
import { solveProof } from "../../foundation/proof-of-work-solver.ts";
import { createProofOfWork } from "../../gateway/guard/proof-of-work.ts";
import { type Answered, ask, type Buyer, join, leave, openGuest, standingOf } from "./attacker.ts";
import { type AttackedSite, identityOf, secret, startSite } from "./site.ts";

let site: AttackedSite;
let gateway: string;
let event: OnsaleEvent;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
  event = await site.openEvent({ proofOfWork: "on", paused: true });
});
afterAll(() => site.close());

type Proof = { readonly challenge: string; readonly nonce: string };

async function workFor(buyer: Buyer, of = event): Promise<Proof> {
  const { status, body } = await ask(gateway, `/v1/events/${of.id}/challenge`, buyer);
  expect(status).toBe(200);
  return { challenge: body.challenge, nonce: solveProof(body.challenge, body.bits) };
}

/** A challenge of the site's own that it would not give any more, or not so. */
function ownChallenge(buyer: Buyer, bits: number, madeAtMs: number): Proof {
  const work = createProofOfWork({ secret, clock: { now: () => madeAtMs } });
  const { challenge } = work.challenge({ eventId: event.id, identity: identityOf(buyer), bits });
  return { challenge, nonce: solveProof(challenge, bits) };
}

const withProof = (buyer: Buyer, proof: Proof, url = gateway) => join(url, event, buyer, { proof });
const count = (answers: readonly Answered[], status: number) =>
  answers.filter((answer) => answer.status === status).length;
const times = (many: number) => Array.from({ length: many }, (_, index) => index);

test("who did the work has a place, and comes back to it without", async () => {
  const buyer = await openGuest(gateway);
  expect((await withProof(buyer, await workFor(buyer))).status).toBe(201);
  const back = await join(gateway, event, buyer);
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
  expect(await join(gateway, event, buyer)).toMatchObject({ status: 428, code: "proof_missing" });
  for (const [what, proof] of wrong)
    expect(await withProof(buyer, proof), what).toMatchObject({ status: 403, code: "proof_wrong" });
  expect((await standingOf(gateway, event, buyer)).code).toBe("place_missing");
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
  await leave(gateway, event, buyer);
  const again = await Promise.all(
    times(20).map((index) => withProof(buyer, proof, site.gateways[index % 2])),
  );
  expect(count(again, 409) + count(again, 429)).toBe(20);
  expect(again.find(({ status }) => status === 409)?.code).toBe("proof_spent");
  expect((await standingOf(gateway, event, buyer)).code).toBe("place_missing");
});

test("a proof that is used by twenty joins among as many leaves makes one new place at most", async () => {
  const buyer = await openGuest(gateway);
  const proof = await workFor(buyer);
  const answers = await Promise.all(
    times(20).flatMap((index) => {
      const url = site.gateways[index % 2] as string;
      return [withProof(buyer, proof, url), leave(url, event, buyer)];
    }),
  );
  expect(count(answers, 201)).toBe(1);
});

test("coming back without work while leaving never makes a new place", async () => {
  const buyer = await openGuest(gateway);
  for (const _ of times(3)) {
    await withProof(buyer, await workFor(buyer));
    const answers = await Promise.all(
      times(8).flatMap((index) => {
        const url = site.gateways[index % 2] as string;
        return index === 4 ? [leave(url, event, buyer)] : [join(url, event, buyer)];
      }),
    );
    expect(count(answers, 201)).toBe(0);
  }
});
