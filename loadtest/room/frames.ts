import { randomBytes } from "node:crypto";

/** The frames of RFC 6455, as far as a client of ours needs them. */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const finalBit = 0x80;
const maskBit = 0x80;

export type OnFrame = (opcode: number, payloadStart: number, payloadEnd: number) => void;

/**
 * Tells the whole frames from `start` on, without copying them, and gives where the first that is not whole
 * yet begins. Throws at what a server may not send and at fragments, which ours does not send.
 */
export function readFrames(bytes: Buffer, start: number, onFrame: OnFrame): number {
  const end = bytes.length;
  let at = start;
  for (;;) {
    if (end - at < 2) return at;
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    if ((first & 0xf0) !== finalBit || (second & maskBit) !== 0)
      throw new Error(`a server's frame may not begin with ${first.toString(16)} ${second.toString(16)}`);
    const headerBytes = second === 126 ? 4 : second === 127 ? 10 : 2;
    if (end - at < headerBytes) return at;
    const payloadStart = at + headerBytes;
    const payloadEnd = payloadStart + payloadLength(bytes, at, second);
    if (payloadEnd > end) return at;
    onFrame(first & 0x0f, payloadStart, payloadEnd);
    at = payloadEnd;
  }
}

function payloadLength(bytes: Buffer, at: number, short: number): number {
  if (short === 126) return bytes.readUInt16BE(at + 2);
  if (short === 127) return Number(bytes.readBigUInt64BE(at + 2));
  return short;
}

/** A client's frames are masked; ours are short. */
export function clientFrame(opcode: number, payload: Uint8Array, mask = randomBytes(4)): Buffer {
  if (payload.length > 125) throw new Error("a client's frame of this crowd has at most 125 bytes");
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.of(finalBit | opcode, maskBit | payload.length), mask, masked]);
}
