import { digestBytes, writeSha256 } from "./sha256.ts";

const words = 2 ** 32;

/** Numbers from 0 to below the bound, each as likely as any other, and all of them decided by the seed. */
export type UniformNumbers = (bound: number) => number;

/**
 * Block b is SHA-256(seed || uint64BE(b)), b = 0, 1, …; each block is eight big-endian words of 32 bits, used in
 * turn. A word in the last, incomplete run of `bound` numbers is passed over: taking it would favour low numbers.
 */
export function createUniformNumbers(seed: Uint8Array): UniformNumbers {
  const input = Buffer.concat([seed, Buffer.alloc(8)]);
  const block = Buffer.alloc(digestBytes);
  let blocks = 0;
  let at = digestBytes;

  function nextWord(): number {
    if (at === digestBytes) {
      input.writeBigUInt64BE(BigInt(blocks++), seed.length);
      writeSha256(input, block, 0);
      at = 0;
    }
    at += 4;
    return block.readUInt32BE(at - 4);
  }

  return (bound) => {
    const fair = words - (words % bound);
    for (;;) {
      const word = nextWord();
      if (word < fair) return word % bound;
    }
  };
}
