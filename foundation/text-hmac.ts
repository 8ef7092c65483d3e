import { createHmac, hash } from "node:crypto";

/** HMAC-SHA-256 of a text under one key, as base64url. */
export type TextHmac = (text: string) => string;

const blockBytes = 64;
const hashBytes = 32;
/** Longer texts are rare, and go the usual way. */
const textCharsMost = 4_096;
const bytesOfChar = 3;

/**
 * The construction of RFC 2104 over `hash`, which makes no object that lives on: 0.9 instead of 1.9 µs and its share of
 * garbage; a booking takes two. The buffers are used again by each call, which nothing interrupts.
 */
export function textHmac(secret: string): TextHmac {
  const inner = Buffer.alloc(blockBytes + textCharsMost * bytesOfChar);
  const outer = Buffer.alloc(blockBytes + hashBytes);
  for (const [place, byte] of keyBlock(secret).entries()) {
    inner[place] = byte ^ 0x36;
    outer[place] = byte ^ 0x5c;
  }
  return (text) => {
    if (text.length > textCharsMost) return createHmac("sha256", secret).update(text).digest("base64url");
    const upTo = blockBytes + inner.write(text, blockBytes);
    outer.write(hash("sha256", inner.subarray(0, upTo), "binary"), blockBytes, "binary");
    return hash("sha256", outer, "base64url");
  };
}

function keyBlock(secret: string): Buffer {
  const key = Buffer.from(secret);
  const short = key.length > blockBytes ? hash("sha256", key, "buffer") : key;
  return Buffer.concat([short], blockBytes);
}
