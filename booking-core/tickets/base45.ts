/** The characters of QR's alphanumeric mode, in its order (RFC 9285). */
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const digitOf = new Map(alphabet.split("").map((character, digit) => [character, digit]));

/** Two bytes are three characters, a last one alone is two (RFC 9285). */
export function toBase45(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const isPair = at + 1 < bytes.length;
    let left = isPair ? byteAt(bytes, at) * 256 + byteAt(bytes, at + 1) : byteAt(bytes, at);
    for (let digits = isPair ? 3 : 2; digits > 0; digits -= 1) {
      text += alphabet[left % 45];
      left = Math.floor(left / 45);
    }
  }
  return text;
}

/** The bytes of which `toBase45` makes exactly this text, or nothing. */
export function fromBase45(text: string): Uint8Array | undefined {
  if (text.length % 3 === 1) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at += 3) {
    const group = text.slice(at, at + 3);
    const value = valueOf(group);
    if (value === undefined || value > (group.length === 3 ? 0xffff : 0xff)) return undefined;
    if (group.length === 3) bytes.push(value >> 8);
    bytes.push(value & 0xff);
  }
  return Uint8Array.from(bytes);
}

/** The first character counts least. */
function valueOf(group: string): number | undefined {
  let value = 0;
  for (let at = group.length - 1; at >= 0; at -= 1) {
    const digit = digitOf.get(group[at] as string);
    if (digit === undefined) return undefined;
    value = value * 45 + digit;
  }
  return value;
}

const byteAt = (bytes: Uint8Array, at: number) => bytes[at] as number;
