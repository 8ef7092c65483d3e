import { hash } from "node:crypto";

/** How a proof of work is found and what counts as one; the gateway, the command line and the tests share it. */
export function solveProof(challenge: string, bits: number): string {
  for (let tries = 0; ; tries++) {
    const nonce = tries.toString(36);
    if (leadingZeroBits(proofDigest(challenge, nonce)) >= bits) return nonce;
  }
}

export function proofDigest(challenge: string, nonce: string): Buffer {
  return hash("sha256", `${challenge}.${nonce}`, "buffer");
}

export function leadingZeroBits(digest: Uint8Array): number {
  const first = digest.findIndex((byte) => byte !== 0);
  // Math.clz32 counts in 32 bits; the byte fills the last 8 of them.
  return first === -1 ? digest.length * 8 : first * 8 + Math.clz32(digest[first] as number) - 24;
}
