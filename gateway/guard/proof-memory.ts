import { hash } from "node:crypto";
import type { Clock } from "../../foundation/clock.ts";

export type ProofMemoryBounds = {
  /** How long a proof is remembered at least; it must have ended by then. */
  readonly rememberMs: number;
  /** Proofs of one generation; two are kept. */
  readonly mostProofs: number;
  /** Of one key in one generation, so that no single buyer fills the memory for everybody. */
  readonly mostProofsPerKey: number;
};

/**
 * The proofs that were used, in two generations: a new one begins when `rememberMs` have passed, and then the older
 * one is forgotten as a whole. Full, it refuses: to forget early would let a proof be used again.
 */
export type ProofMemory = {
  use(jkt: string, jti: string): "fresh" | "replayed" | "too_many" | "busy";
};

type Generation = {
  readonly startedAtMs: number;
  readonly used: Set<string>;
  readonly usedByKey: Map<string, number>;
};

export function createProofMemory(clock: Clock, bounds: ProofMemoryBounds): ProofMemory {
  let current = newGeneration(clock.now());
  let previous = current;
  const rotate = (nowMs: number) => {
    if (nowMs - current.startedAtMs < bounds.rememberMs) return;
    [previous, current] = [current, newGeneration(nowMs)];
  };
  return {
    use: (jkt, jti) => {
      rotate(clock.now());
      // Hashed: one length for all, and `jti` is the client's choice. Of another key it is another proof.
      const id = hash("sha256", `${jkt}.${jti}`, "base64url");
      if (current.used.has(id) || previous.used.has(id)) return "replayed";
      return remember(current, jkt, id, bounds);
    },
  };
}

function newGeneration(startedAtMs: number): Generation {
  return { startedAtMs, used: new Set(), usedByKey: new Map() };
}

function remember(
  { used, usedByKey }: Generation,
  jkt: string,
  id: string,
  bounds: ProofMemoryBounds,
): "fresh" | "too_many" | "busy" {
  const ofKey = usedByKey.get(jkt) ?? 0;
  if (ofKey >= bounds.mostProofsPerKey) return "too_many";
  if (used.size >= bounds.mostProofs) return "busy";
  used.add(id);
  usedByKey.set(jkt, ofKey + 1);
  return "fresh";
}
