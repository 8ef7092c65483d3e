/** A whole small draw, and what its buyers hold: for tests. */
import { createHash } from "node:crypto";
import { commitmentOf, drawSeedOf } from "./draw-protocol.ts";
import type { DrawReceipt } from "./draw-receipt.ts";
import type { HeldDraw } from "./draw-record.ts";
import { createLeafWriter, entrantLeaves } from "./entrant-leaf.ts";
import { inclusionProof } from "./inclusion-proof.ts";
import { merkleRoot } from "./merkle-root.ts";
import { shuffle } from "./shuffle.ts";

export const testEventId = "0190f3a0-0000-7000-8000-000000000001";
export const testSeed = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
export const testBeacon = "b0".repeat(32);

export type TestDraw = {
  readonly record: HeldDraw;
  receipt(lane: string, entry: number): DrawReceipt & { number: number };
  proof(lane: string, entry: number): string[];
};

export function testIdentity(entry: number): string {
  return createHash("sha256").update(`entrant ${entry}`).digest().subarray(0, 16).toString("base64url");
}

export function testLeaves(lane: string, entrants: number): Buffer {
  const identities = Array.from({ length: entrants }, (_, at) => testIdentity(at + 1));
  return entrantLeaves(createLeafWriter(testEventId, lane), 1, identities);
}

export function holdTestDraw(
  lanes: Readonly<Record<string, number>>,
  beacon: string | null = null,
): TestDraw {
  const leaves = new Map(Object.entries(lanes).map(([lane, entrants]) => [lane, testLeaves(lane, entrants)]));
  const drawn = Object.entries(lanes).map(([lane, entrants]) => ({
    lane,
    entrants,
    root: merkleRoot(leaves.get(lane) as Buffer).toString("hex"),
  }));
  const made = { eventId: testEventId, seed: testSeed, beacon };
  const numbers = new Map(
    drawn.map((lane) => [lane.lane, shuffle(drawSeedOf({ ...made, ...lane }), lane.entrants).numbers]),
  );
  return {
    record: { ...made, commitment: commitmentOf(testSeed), lanes: drawn, drawnAtMs: 1_800_000_000_000 },
    receipt: (lane, entry) => ({
      eventId: testEventId,
      identity: testIdentity(entry),
      lane,
      entry,
      number: numbers.get(lane)?.[entry - 1] as number,
    }),
    proof: (lane, entry) =>
      inclusionProof(leaves.get(lane) as Buffer, entry - 1).map((neighbour) => neighbour.toString("hex")),
  };
}
