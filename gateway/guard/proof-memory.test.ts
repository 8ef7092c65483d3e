import fc from "fast-check";
import { expect, test } from "vitest";
import { assertLimits, limits } from "../../foundation/limits.ts";
import { createProofMemory } from "./proof-memory.ts";

const rememberMs = 65_000;

test("whenever a proof is used, it is remembered for its whole time, and not for ever", () => {
  const gaps = fc.oneof(fc.nat(rememberMs / 2), fc.nat(rememberMs * 1.5));
  const uses = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), gaps), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(uses, (list) => {
      const clock = { nowMs: 0, now: () => clock.nowMs };
      const bounds = { rememberMs, mostProofs: 1_000, mostProofsPerKey: 1_000 };
      const memory = createProofMemory(clock, bounds);
      const usedAtMs = new Map<string, number>();
      for (const [jti, elapsedMs] of list) {
        clock.nowMs += elapsedMs;
        const agoMs = clock.nowMs - (usedAtMs.get(jti) ?? -Infinity);
        const use = memory.use("key", jti);
        if (agoMs < rememberMs) expect(use).toBe("replayed");
        if (use === "fresh") usedAtMs.set(jti, clock.nowMs);
      }
      clock.nowMs += rememberMs;
      memory.use("key", "x");
      clock.nowMs += rememberMs;
      expect(["a", "b", "c"].map((jti) => memory.use("key", jti))).toEqual(["fresh", "fresh", "fresh"]);
    }),
  );
});

test("as many bound buyers as connections, who all ask by HTTP as often as they are told, are not refused", () => {
  assertLimits();
  const { rememberMs, remembered: mostProofs, ofOneKey: mostProofsPerKey } = limits.deviceProofs;
  const memory = createProofMemory({ now: () => 0 }, { rememberMs, mostProofs, mostProofsPerKey });
  const times = Math.ceil(rememberMs / 1_000 / limits.askAgainSeconds.far);
  const uses = new Set<string>();
  for (let time = 0; time < times; time++)
    for (let buyer = 0; buyer < limits.socket.connections; buyer++)
      uses.add(memory.use(`key ${buyer}`, `${time}`));
  expect([...uses]).toEqual(["fresh"]);
});
