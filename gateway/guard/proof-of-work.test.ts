import fc from "fast-check";
import { expect, test } from "vitest";
import { leadingZeroBits, proofDigest, solveProof } from "../../foundation/proof-of-work-solver.ts";
import { createProofOfWork } from "./proof-of-work.ts";
import { otherSpellings } from "./test-spellings.ts";

const secret = "s".repeat(40);
const demand = { eventId: "event-1", identity: "identity-1", bits: 8 };

function setUp(bits = demand.bits) {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const proofs = createProofOfWork({ secret, clock });
  const { challenge, endsAtMs } = proofs.challenge({ ...demand, bits });
  return { clock, proofs, challenge, endsAtMs, answer: { ...demand, challenge } };
}

function failingNonce(challenge: string, bits: number): string {
  for (let tries = 0; ; tries++)
    if (leadingZeroBits(proofDigest(challenge, String(tries))) < bits) return String(tries);
}

test("solved work is good, and says which proof it is and until when", () => {
  const { proofs, challenge, answer, endsAtMs } = setUp();
  const result = proofs.check({ ...answer, nonce: solveProof(challenge, demand.bits) });
  expect(result).toEqual({ outcome: "good", proofId: expect.stringMatching(/^[\w-]{16}$/), endsAtMs });
  expect(endsAtMs).toBe(1_000_000 + 120_000);
});

test("every challenge is another proof", () => {
  const { proofs } = setUp();
  const ids = Array.from({ length: 50 }, () => {
    const { challenge } = proofs.challenge({ ...demand, bits: 1 });
    const result = proofs.check({ ...demand, bits: 1, challenge, nonce: solveProof(challenge, 1) });
    return result.outcome === "good" ? result.proofId : undefined;
  });
  expect(new Set(ids).size).toBe(50);
  expect(ids).not.toContain(undefined);
});

test("a nonce that was not worked for is refused", () => {
  const { proofs, challenge, answer } = setUp();
  expect(proofs.check({ ...answer, nonce: failingNonce(challenge, demand.bits) })).toEqual({
    outcome: "wrong_nonce",
  });
});

test("work ends at its time, not before", () => {
  const { proofs, clock, challenge, answer, endsAtMs } = setUp();
  const nonce = solveProof(challenge, demand.bits);
  clock.nowMs = endsAtMs - 1;
  expect(proofs.check({ ...answer, nonce }).outcome).toBe("good");
  clock.nowMs = endsAtMs;
  expect(proofs.check({ ...answer, nonce })).toEqual({ outcome: "ended" });
});

test("work for one event or identity is nothing for another", () => {
  const { proofs, challenge, answer } = setUp();
  const nonce = solveProof(challenge, demand.bits);
  expect(proofs.check({ ...answer, nonce, eventId: "event-2" })).toEqual({ outcome: "other_event" });
  expect(proofs.check({ ...answer, nonce, identity: "identity-2" })).toEqual({ outcome: "other_identity" });
});

test("work that was asked for in quieter times is too easy under attack, and harder work stays good", () => {
  const { proofs, challenge, answer } = setUp();
  const nonce = solveProof(challenge, demand.bits);
  expect(proofs.check({ ...answer, nonce, bits: 9 })).toEqual({ outcome: "too_easy" });
  expect(proofs.check({ ...answer, nonce, bits: 7 }).outcome).toBe("good");
});

test("the bits of the challenge count, not the fewer that are demanded now", () => {
  const { proofs, challenge, answer } = setUp(12);
  expect(proofs.check({ ...answer, bits: 1, nonce: failingNonce(challenge, 12) })).toEqual({
    outcome: "wrong_nonce",
  });
});

test("a challenge with any character changed is forged or malformed, never good", () => {
  const { proofs, challenge, answer } = setUp(1);
  const at = fc.nat(challenge.length - 1);
  const character = fc.constantFrom(..."ABYZabyz0189-_.= ".split(""));
  fc.assert(
    fc.property(at, character, (index, other) => {
      fc.pre(challenge[index] !== other);
      const changed = `${challenge.slice(0, index)}${other}${challenge.slice(index + 1)}`;
      for (const nonce of ["a", "b", "c", "d", "e", "f"])
        expect(["forged", "malformed"]).toContain(
          proofs.check({ ...answer, bits: 1, challenge: changed, nonce }).outcome,
        );
    }),
    { numRuns: 300 },
  );
});

test("another spelling of the same signature is forged", () => {
  const { proofs, challenge, answer } = setUp();
  const spellings = otherSpellings(challenge.slice(-43)).map((mac) => `${challenge.slice(0, -43)}${mac}`);
  expect(spellings).toHaveLength(3);
  for (const other of spellings)
    expect(proofs.check({ ...answer, challenge: other, nonce: solveProof(other, demand.bits) })).toEqual({
      outcome: "forged",
    });
});

test("a challenge of another secret is forged", () => {
  const { clock, proofs } = setUp();
  const { challenge } = createProofOfWork({ secret: "t".repeat(40), clock }).challenge(demand);
  const nonce = solveProof(challenge, demand.bits);
  expect(proofs.check({ ...demand, challenge, nonce })).toEqual({ outcome: "forged" });
});

test("whatever text comes is answered, never thrown at", () => {
  const { proofs } = setUp();
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    fc.base64String(),
  );
  fc.assert(
    fc.property(text, text, (challenge, nonce) => {
      expect(["forged", "malformed"]).toContain(proofs.check({ ...demand, challenge, nonce }).outcome);
    }),
  );
});

test("too long a challenge and any nonce outside its letters and length are malformed", () => {
  const { proofs, challenge, answer } = setUp();
  const long = `${"a".repeat(512)}${challenge}`;
  expect(proofs.check({ ...answer, challenge: long, nonce: "a" })).toEqual({ outcome: "malformed" });
  for (const nonce of ["", "a".repeat(33), "a b", "a.b", "a\n", "ä"])
    expect(proofs.check({ ...answer, nonce })).toEqual({ outcome: "malformed" });
});

test("work that nobody can do, or none, is never asked for", () => {
  const { proofs } = setUp();
  for (const bits of [0, -1, 33, 1.5, Number.NaN])
    expect(() => proofs.challenge({ ...demand, bits })).toThrow("bits");
  expect(() => proofs.challenge({ ...demand, identity: "i".repeat(600) })).toThrow("characters");
});

test("leading zero bits are counted over bytes", () => {
  expect(leadingZeroBits(Uint8Array.of(0x80, 0))).toBe(0);
  expect(leadingZeroBits(Uint8Array.of(0x01, 0))).toBe(7);
  expect(leadingZeroBits(Uint8Array.of(0, 0x1f))).toBe(11);
  expect(leadingZeroBits(Uint8Array.of(0, 0))).toBe(16);
});
