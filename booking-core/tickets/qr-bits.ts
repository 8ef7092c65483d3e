/** A QR code of version 6 at level M: four blocks of 27 bytes, each followed by 16 that mend it (ISO/IEC 18004). */
export const qrBytes = { blocks: 4, data: 27, mending: 16 } as const;
const dataBytes = qrBytes.blocks * qrBytes.data;
/** In alphanumeric mode. */
export const qrChars = 154;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** The text's bytes, and those that mend them, in the order in which a QR code has them. */
export function qrBitsOf(text: string): Uint8Array {
  const data = alphanumericBytes(text);
  const blocks = Array.from({ length: qrBytes.blocks }, (_, block) =>
    data.subarray(block * qrBytes.data, (block + 1) * qrBytes.data),
  );
  return Uint8Array.from([...interleaved(blocks), ...interleaved(blocks.map(mendingBytes))]);
}

/** The mode, the length, pairs of characters in 11 bits each, a last one in 6, and filling. */
function alphanumericBytes(text: string): Uint8Array {
  if (text.length > qrChars) throw new Error(`a QR code of a ticket holds ${qrChars} characters`);
  const digits = Array.from(text, (character) => alphabet.indexOf(character));
  if (digits.includes(-1)) throw new Error("the code has characters of which a QR code knows nothing");
  let bits = "0010" + binary(text.length, 9);
  for (let at = 0; at + 1 < digits.length; at += 2)
    bits += binary((digits[at] ?? 0) * 45 + (digits[at + 1] ?? 0), 11);
  if (digits.length % 2 === 1) bits += binary(digits.at(-1) ?? 0, 6);
  bits = `${bits}0000`.slice(0, dataBytes * 8);
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
  const filling = Array.from({ length: dataBytes - bytes.length }, (_, at) => (at % 2 === 0 ? 0xec : 0x11));
  return Uint8Array.from([...bytes, ...filling]);
}

const binary = (value: number, bits: number) => value.toString(2).padStart(bits, "0");

/** The first of each block, then the second of each … */
function interleaved(blocks: readonly Uint8Array[]): number[] {
  const [first] = blocks;
  return Array.from(first ?? [], (_, at) => blocks.map((block) => block[at] ?? 0)).flat();
}

/** Of GF(256) with x⁸+x⁴+x³+x²+1: powers of two, and which power each value is. */
const powers = new Uint8Array(255);
const logarithms = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  powers[power] = value;
  logarithms[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}

function times(left: number, right: number): number {
  if (left === 0 || right === 0) return 0;
  return powers[((logarithms[left] ?? 0) + (logarithms[right] ?? 0)) % 255] ?? 0;
}

/** Of Reed and Solomon's divisor (x−1)(x−2)(x−4)…, all but its first coefficient, which is one. */
const divisor = Array.from({ length: qrBytes.mending }, (_, root) => powers[root] ?? 0).reduce(
  (product, root) => [...product, 0].map((term, at) => term ^ times(product[at - 1] ?? 0, root)),
  [1],
);

/** What is left of the block's polynomial when it is divided. */
function mendingBytes(block: Uint8Array): Uint8Array {
  const rest = new Uint8Array(block.length + qrBytes.mending);
  rest.set(block);
  for (let at = 0; at < block.length; at += 1) {
    const factor = rest[at] ?? 0;
    for (const [term, value] of divisor.entries()) rest[at + term] = (rest[at + term] ?? 0) ^ times(value, factor);
  }
  return rest.subarray(block.length);
}
