import { compress, type Encoding } from "./content-encoding.ts";

/** The same answer for many: each encoding is made once, by whoever asks for it first. */
export type SharedText = {
  readonly etag: string;
  bytes(encoding: Encoding | undefined): Buffer | Promise<Buffer>;
};

export function shareText(etag: string, text: string): SharedText {
  const plain = Buffer.from(text);
  const encoded = new Map<Encoding, Promise<Buffer>>();
  return {
    etag,
    bytes(encoding) {
      if (encoding === undefined) return plain;
      const known = encoded.get(encoding) ?? compress[encoding](plain);
      encoded.set(encoding, known);
      return known;
    },
  };
}
