import fc from "fast-check";
import { expect, test } from "vitest";
import { inclusionProof, proofThroughSubtree, verifyInclusion } from "./inclusion-proof.ts";
import { createGrowingRoot, merkleRoot } from "./merkle-root.ts";
import { sha256 } from "./sha256.ts";

const trees = fc
  .record({ entrants: fc.integer({ min: 1, max: 70 }), salt: fc.integer(), pick: fc.nat() })
  .map(({ entrants, salt, pick }) => ({ leaves: leavesOf(entrants, salt), index: pick % entrants }));

test("the growing root is the root of RFC 6962, however the leaves arrive", () => {
  const property = fc.property(trees, fc.array(fc.integer({ min: 1, max: 9 })), ({ leaves }, steps) => {
    const growing = createGrowingRoot();
    let at = 0;
    for (const step of [...steps, leaves.length]) {
      growing.add(Buffer.concat(leaves.slice(at, at + step)));
      at = Math.min(at + step, leaves.length);
      expect(growing.count).toBe(at);
      expect(growing.root()).toEqual(rootByDefinition(leaves.slice(0, at)));
    }
  });
  fc.assert(property);
});

test("every leaf of every tree has a proof that holds, and at no other index", () => {
  for (let entrants = 1; entrants <= 40; entrants += 1) {
    const leaves = leavesOf(entrants, entrants);
    const tree = { size: entrants, root: merkleRoot(Buffer.concat(leaves)) };
    for (const [index, leaf] of leaves.entries()) {
      const proof = inclusionProof(Buffer.concat(leaves), index);
      expect(verifyInclusion({ ...tree, leaf, index, proof })).toBe(true);
      for (let other = -1; other <= entrants; other += 1)
        expect(verifyInclusion({ ...tree, leaf, index: other, proof })).toBe(other === index);
    }
  }
});

test("root and proofs are the same when only one subtree and the roots of all are read", () => {
  const property = fc.property(trees, fc.constantFrom(1, 2, 4, 16, 64), ({ leaves, index }, perSubtree) => {
    const subtrees = subtreesOf(leaves, perSubtree);
    const roots = Buffer.concat(subtrees.map(merkleRoot));
    const all = Buffer.concat(leaves);
    expect(merkleRoot(roots)).toEqual(merkleRoot(all));
    const own = subtrees[Math.floor(index / perSubtree)] as Buffer;
    const proof = proofThroughSubtree({ leaves: own, roots, index, perSubtree });
    expect(proof).toEqual(inclusionProof(all, index));
  });
  fc.assert(property);
});

test("a proof with any changed byte fails", () => {
  const property = fc.property(
    trees,
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    ({ leaves, index }, at, flip) => {
      const claim = claimOf(leaves, index);
      const bytes = Buffer.concat([claim.leaf, claim.root, ...claim.proof]);
      bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ flip, at % bytes.length);
      const [leaf, root, ...proof] = split(bytes);
      if (leaf === undefined || root === undefined) throw new Error("a claim has a leaf and a root");
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, leaf, root, proof })).toBe(false);
    },
  );
  fc.assert(property, { numRuns: 1_000 });
});

test("a proof that is cut or grown fails", () => {
  const property = fc.property(trees, ({ leaves, index }) => {
    fc.pre(leaves.length > 1);
    const claim = claimOf(leaves, index);
    expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) })).toBe(false);
    expect(verifyInclusion({ ...claim, proof: [...claim.proof, claim.root] })).toBe(false);
    expect(verifyInclusion({ ...claim, proof: claim.proof.map((node) => node.subarray(1)) })).toBe(false);
    // A longer left neighbour would be covered by the right one where both are written side by side.
    const longer = claim.proof.map((node) => Buffer.concat([node, Buffer.of(0)]));
    expect(verifyInclusion({ ...claim, proof: longer })).toBe(false);
  });
  fc.assert(property);
});

test("an inner node is never taken for a leaf", () => {
  const leaves = leavesOf(4, 0);
  const [first, second, third, fourth] = leaves as [Buffer, Buffer, Buffer, Buffer];
  const inner = [sha256(Buffer.of(1), first, second), sha256(Buffer.of(1), third, fourth)] as const;
  const root = merkleRoot(Buffer.concat(leaves));
  expect(verifyInclusion({ leaf: inner[0], index: 0, size: 4, proof: [inner[1]], root })).toBe(false);
});

test("half a leaf is never taken for one", () => {
  expect(() => merkleRoot(Buffer.alloc(48))).toThrow(RangeError);
});

test("there is no proof of a leaf that is not there", () => {
  const leaves = Buffer.concat(leavesOf(3, 0));
  for (const index of [-1, 3, 0.5, Number.NaN])
    expect(() => inclusionProof(leaves, index)).toThrow(RangeError);
});

function leavesOf(entrants: number, salt: number): Buffer[] {
  return Array.from({ length: entrants }, (_, at) => sha256(Buffer.from(`${salt} ${at}`)));
}

function subtreesOf(leaves: readonly Buffer[], perSubtree: number): Buffer[] {
  const count = Math.ceil(leaves.length / perSubtree);
  return Array.from({ length: count }, (_, at) =>
    Buffer.concat(leaves.slice(at * perSubtree, (at + 1) * perSubtree)),
  );
}

function claimOf(leaves: readonly Buffer[], index: number) {
  const all = Buffer.concat(leaves);
  const leaf = leaves[index] as Buffer;
  return { leaf, index, size: leaves.length, proof: inclusionProof(all, index), root: merkleRoot(all) };
}

function split(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
}

/** As RFC 6962 defines it, word for word. */
function rootByDefinition(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return first;
  const left = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(Buffer.of(1), rootByDefinition(leaves.slice(0, left)), rootByDefinition(leaves.slice(left)));
}
