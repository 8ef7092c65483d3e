import { hash } from "node:crypto";

export const digestBytes = 32;

/**
 * Writes SHA-256 of the input into the target. Asking for Latin-1 text instead of a buffer takes a third of the
 * time for short inputs (0.29 against 0.85 µs, one run), since no buffer is allocated per digest.
 */
export function writeSha256(input: Uint8Array, target: Buffer, offset: number): void {
  target.write(hash("sha256", input, "binary"), offset, "latin1");
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const digest = Buffer.allocUnsafeSlow(digestBytes);
  writeSha256(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts), digest, 0);
  return digest;
}
