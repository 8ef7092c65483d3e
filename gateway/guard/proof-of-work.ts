import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../foundation/clock.ts";
import { leadingZeroBits, proofDigest } from "../../foundation/proof-of-work-solver.ts";

type Demand = { readonly eventId: string; readonly identity: string; readonly bits: number };
type Challenge = { readonly challenge: string; readonly bits: number; readonly endsAtMs: number };

export type ProofOutcome =
  | { readonly outcome: "good"; readonly proofId: string; readonly endsAtMs: number }
  | {
      readonly outcome:
        | "malformed"
        | "forged"
        | "ended"
        | "other_event"
        | "other_identity"
        | "too_easy"
        | "wrong_nonce";
    };

/**
 * Stateless: what was asked stands in the challenge itself, under a signature. A good proof may be used once; the
 * one who spends it remembers `proofId` until `endsAtMs`.
 */
export type ProofOfWork = {
  challenge(demand: Demand): Challenge;
  /** `bits` is the least that is demanded now. 5 µs for a good proof and 3 µs for a forged one, seen on Node 24. */
  check(answer: Demand & { readonly challenge: string; readonly nonce: string }): ProofOutcome;
};

/** What is signed: the proof's id, the event, the identity, the bits and the end. */
type Signed = readonly [proofId: string, eventId: string, identity: string, bits: number, endsAtMs: number];

export const proofOfWorkBounds = {
  lifetimeMs: 120_000,
  /** More would take a buyer's device minutes. */
  bits: 32,
  challengeChars: 512,
} as const;

const noncePattern = /^[A-Za-z0-9_-]{1,32}$/;
const macChars = 43;
const challengePattern = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/;

export function createProofOfWork({ secret, clock }: { secret: string; clock: Clock }): ProofOfWork {
  const key = deriveKey(secret);
  return {
    challenge: (demand) => {
      const endsAtMs = clock.now() + proofOfWorkBounds.lifetimeMs;
      return { challenge: signChallenge(key, demand, endsAtMs), bits: demand.bits, endsAtMs };
    },
    check: ({ challenge, nonce, ...demand }) => {
      if (!isReadable(challenge, nonce)) return { outcome: "malformed" };
      const signed = readChallenge(key, challenge);
      if (signed === undefined) return { outcome: "forged" };
      const wrong = demandProblem(signed, demand, clock.now());
      if (wrong !== undefined) return { outcome: wrong };
      const [proofId, , , bits, endsAtMs] = signed;
      if (leadingZeroBits(proofDigest(challenge, nonce)) < bits) return { outcome: "wrong_nonce" };
      return { outcome: "good", proofId, endsAtMs };
    },
  };
}

/** A key of its own, so that nothing else that the secret signs can be taken for a challenge. */
function deriveKey(secret: string): KeyObject {
  return createSecretKey(createHmac("sha256", secret).update("onsale proof of work 1").digest());
}

function signChallenge(key: KeyObject, { eventId, identity, bits }: Demand, endsAtMs: number): string {
  if (!Number.isInteger(bits) || bits < 1 || bits > proofOfWorkBounds.bits)
    throw new Error(`a proof of work of ${bits} bits cannot be asked for`);
  const signed: Signed = [randomBytes(12).toString("base64url"), eventId, identity, bits, endsAtMs];
  const payload = Buffer.from(JSON.stringify(signed)).toString("base64url");
  const challenge = `${payload}.${macOf(key, payload)}`;
  if (challenge.length > proofOfWorkBounds.challengeChars)
    throw new Error(`a challenge of ${challenge.length} characters would be refused when it comes back`);
  return challenge;
}

function macOf(key: KeyObject, payload: string): string {
  return createHmac("sha256", key).update(payload).digest("base64url");
}

function isReadable(challenge: string, nonce: string): boolean {
  if (challenge.length > proofOfWorkBounds.challengeChars) return false;
  return noncePattern.test(nonce) && challengePattern.test(challenge);
}

function readChallenge(key: KeyObject, challenge: string): Signed | undefined {
  const payload = challenge.slice(0, -macChars - 1);
  const presented = challenge.slice(-macChars);
  // As text: four spellings of the last character mean the same bytes, and only ours is a challenge.
  if (!timingSafeEqual(Buffer.from(macOf(key, payload)), Buffer.from(presented))) return undefined;
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as Signed;
}

function demandProblem(
  [, eventId, identity, bits, endsAtMs]: Signed,
  demand: Demand,
  nowMs: number,
): "ended" | "other_event" | "other_identity" | "too_easy" | undefined {
  if (nowMs >= endsAtMs) return "ended";
  if (eventId !== demand.eventId) return "other_event";
  if (identity !== demand.identity) return "other_identity";
  return bits < demand.bits ? "too_easy" : undefined;
}
