import { expect, test } from "vitest";
import { createDeviceKey, signDeviceProof } from "../../foundation/device-key.ts";
import { solveProof } from "../../foundation/proof-of-work-solver.ts";
import type { GatewayServices } from "../services.ts";
import { createGuards } from "./guards.ts";

const publicUrl = "https://onsale.example";

function setUp(rateKeys = 100) {
  const clock = { nowMs: 1_800_000_000_000, now: () => clock.nowMs };
  const rule = { perMinute: 60, burst: 2 };
  const rates = {
    joins: rule,
    sessions: rule,
    strangers: rule,
    guesses: rule,
    forgeries: rule,
    joinsOfIdentity: rule,
    maps: rule,
    tickets: rule,
    reads: rule,
  };
  const services = { clock, guardSecret: "g".repeat(32), publicUrl } as unknown as GatewayServices;
  return { clock, guards: createGuards(services, { rates, rateKeys }) };
}

test("who does something too often is refused and told when to come again; then it is let in", () => {
  const { clock, guards } = setUp();
  const take = () => guards.take("joins", "192.0.2.1");
  expect([take(), take()]).toEqual([undefined, undefined]);
  expect(take()).toEqual({ refusal: "too_many_requests", retryAfterSeconds: 1 });
  clock.nowMs += 1_000;
  expect(take()).toBeUndefined();
  expect(take()).toBeDefined();
});

test("each kind is counted for itself", () => {
  const { guards } = setUp();
  for (const kind of ["joins", "sessions", "strangers", "guesses", "joinsOfIdentity", "maps"] as const) {
    expect([guards.take(kind, "192.0.2.1"), guards.take(kind, "192.0.2.1")]).toEqual([undefined, undefined]);
    expect(guards.take(kind, "192.0.2.1"), kind).toBeDefined();
  }
});

test("addresses count in whatever spelling, and as the customer they belong to", () => {
  const { guards } = setUp();
  guards.take("guesses", "2001:db8::1");
  guards.take("guesses", "2001:DB8:0:0:ffff::2");
  expect(guards.take("guesses", "2001:db8::3")).toBeDefined();
  expect(guards.take("guesses", "2001:db8:0:1::3")).toBeUndefined();
});

test("identities count as they are: what looks like one network is many buyers", () => {
  const { guards } = setUp();
  for (const identity of ["2001:db8::1", "2001:db8::2", "event A", "event B"])
    expect(
      [1, 2, 3].map(() => guards.take("joinsOfIdentity", identity) === undefined),
      identity,
    ).toEqual([true, true, false]);
});

test("a proof of work is made with the guards' own secret and time", () => {
  const { clock, guards } = setUp();
  const demand = { eventId: "event", identity: "identity", bits: 4 };
  const { challenge } = guards.proofOfWork.challenge(demand);
  const answer = { ...demand, challenge, nonce: solveProof(challenge, 4) };
  expect(guards.proofOfWork.check(answer).outcome).toBe("good");
  clock.nowMs += 120_000;
  expect(guards.proofOfWork.check(answer).outcome).toBe("ended");
});

test("a proof of a device is for our public address, once", () => {
  const { clock, guards } = setUp();
  const key = createDeviceKey();
  const accessToken = "header.claims.signature";
  const request = { method: "POST", nowMs: clock.nowMs, accessToken };
  const presented = { method: "POST", path: "/v1/payments", accessToken, jkt: key.jkt };
  const check = (proof: string) => guards.deviceProofs.check({ ...presented, proof }).outcome;
  const ours = signDeviceProof(key, { ...request, url: `${publicUrl}/v1/payments` });
  expect(check(signDeviceProof(key, { ...request, url: "https://evil.example/v1/payments" }))).toBe(
    "other_request",
  );
  expect([check(ours), check(ours)]).toEqual(["good", "replayed"]);
});
