/** Proofs that one leaf stands at one index of a Merkle tree (RFC 6962, 2.1.1; checked as in RFC 9162, 2.1.3.2). */
import { createNodeWriter, merkleRoot } from "./merkle-root.ts";
import { digestBytes } from "./sha256.ts";

/** The neighbours from the leaf (index from 0) up to the root. */
export function inclusionProof(leaves: Uint8Array, index: number): Buffer[] {
  const size = leaves.length / digestBytes;
  if (!Number.isInteger(index) || index < 0 || index >= size) throw new RangeError("there is no such leaf");
  const proof: Buffer[] = [];
  for (let [first, end] = [0, size]; end - first > 1; ) {
    const middle = first + leftSize(end - first);
    const isLeft = index < middle;
    proof.unshift(isLeft ? rootOf(leaves, middle, end) : rootOf(leaves, first, middle));
    [first, end] = isLeft ? [first, middle] : [middle, end];
  }
  return proof;
}

export type SubtreePath = {
  /** The leaves of the leaf's own subtree: `perSubtree` of them, or what is left in the last. */
  readonly leaves: Uint8Array;
  /** The roots of all subtrees; their Merkle root is that of the whole tree. */
  readonly roots: Uint8Array;
  readonly index: number;
  /** A power of two. */
  readonly perSubtree: number;
};

/** The same proof from one subtree and the roots of all, where the leaves are too many to hash for each proof. */
export function proofThroughSubtree({ leaves, roots, index, perSubtree }: SubtreePath): Buffer[] {
  const below = inclusionProof(leaves, index % perSubtree);
  return [...below, ...inclusionProof(roots, Math.floor(index / perSubtree))];
}

export type InclusionClaim = {
  readonly leaf: Uint8Array;
  /** From 0. */
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
};

export function verifyInclusion({ leaf, index, size, proof, root }: InclusionClaim): boolean {
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size))
    return false;
  if ([leaf, root, ...proof].some(({ length }) => length !== digestBytes)) return false;
  const sides = sidesOf(index, size);
  if (sides.length !== proof.length) return false;
  const join = createNodeWriter();
  const node = Buffer.from(leaf);
  for (const [at, neighbour] of proof.entries()) {
    if (sides[at] === "left") join(neighbour, node, node);
    else join(node, neighbour, node);
  }
  return node.equals(root);
}

/** On which side of the path each neighbour lies, from the leaf up. */
function sidesOf(index: number, size: number): ("left" | "right")[] {
  const sides: ("left" | "right")[] = [];
  for (let [at, rest] = [index, size]; rest > 1; ) {
    const left = leftSize(rest);
    sides.unshift(at < left ? "right" : "left");
    [at, rest] = at < left ? [at, left] : [at - left, rest - left];
  }
  return sides;
}

/** The largest power of two below the size: the leaves of the left subtree. */
function leftSize(size: number): number {
  let left = 1;
  while (left * 2 < size) left *= 2;
  return left;
}

function rootOf(leaves: Uint8Array, first: number, end: number): Buffer {
  return merkleRoot(leaves.subarray(first * digestBytes, end * digestBytes));
}
