import { digestBytes, sha256, writeSha256 } from "./sha256.ts";

/** The root of a lane without entrants (RFC 6962: the hash of nothing). */
const emptyRoot = sha256(Buffer.alloc(0));

/** A Merkle tree (RFC 6962) that keeps only its finished subtrees: one digest for each bit of the count. */
export type GrowingRoot = {
  readonly count: number;
  /** Adds leaves that lie one behind the other. */
  add(leaves: Uint8Array): void;
  root(): Buffer;
};

export type NodeWriter = (left: Uint8Array, right: Uint8Array, target: Buffer) => void;

/** SHA-256(0x01 || left || right). The target may be one of the two. */
export function createNodeWriter(): NodeWriter {
  const node = Buffer.alloc(1 + 2 * digestBytes, 1);
  return (left, right, target) => {
    node.set(left, 1);
    node.set(right, 1 + digestBytes);
    writeSha256(node, target, 0);
  };
}

export function createGrowingRoot(): GrowingRoot {
  const join = createNodeWriter();
  /** At level k the finished subtree of 2^k leaves, valid where bit k of the count is set. */
  const subtrees: Buffer[] = [];
  const carried = Buffer.alloc(digestBytes);
  let count = 0;

  function addLeaf(leaf: Uint8Array): void {
    carried.set(leaf);
    let level = 0;
    for (let rest = count; rest % 2 === 1; rest = (rest - 1) / 2) join(subtreeAt(level++), carried, carried);
    subtreeAt(level).set(carried);
    count += 1;
  }

  function subtreeAt(level: number): Buffer {
    return (subtrees[level] ??= Buffer.alloc(digestBytes));
  }

  return {
    get count() {
      return count;
    },
    add(leaves) {
      if (leaves.length % digestBytes !== 0) throw new RangeError("leaves have 32 bytes each");
      for (let at = 0; at < leaves.length; at += digestBytes) addLeaf(leaves.subarray(at, at + digestBytes));
    },
    root() {
      const finished = subtrees.filter((_, level) => Math.floor(count / 2 ** level) % 2 === 1);
      const [first, ...larger] = finished;
      if (first === undefined) return Buffer.from(emptyRoot);
      const root = Buffer.from(first);
      for (const subtree of larger) join(subtree, root, root);
      return root;
    },
  };
}

/** The root of leaves that are all there. */
export function merkleRoot(leaves: Uint8Array): Buffer {
  const growing = createGrowingRoot();
  growing.add(leaves);
  return growing.root();
}
