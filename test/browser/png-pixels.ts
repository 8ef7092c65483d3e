import { inflateSync } from "node:zlib";

export type Pixels = { readonly width: number; readonly height: number; readonly rgba: Uint8ClampedArray };

/** Of a screenshot of Chromium: eight bits a channel, red, green, blue and perhaps alpha, rows one after the other. */
export function pixelsOfPng(png: Buffer): Pixels {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const channels = png[25] === 6 ? 4 : 3;
  const filtered = inflateSync(Buffer.concat(dataChunks(png)));
  const rowBytes = width * channels;
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  let above = Buffer.alloc(rowBytes);
  for (let row = 0; row < height; row += 1) {
    const from = row * (rowBytes + 1);
    const bytes = filtered.subarray(from + 1, from + 1 + rowBytes);
    unfilter(filtered[from] ?? 0, bytes, above, channels);
    for (let column = 0; column < width; column += 1)
      rgba.set(bytes.subarray(column * channels, column * channels + 3), (row * width + column) * 4);
    above = bytes;
  }
  return { width, height, rgba };
}

function dataChunks(png: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12)
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      chunks.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  return chunks;
}

/** The five filters of PNG: each byte is kept as its difference from what those before it let expect. */
function unfilter(filter: number, bytes: Buffer, above: Buffer, channels: number): void {
  for (let at = 0; at < bytes.length; at += 1) {
    const left = bytes[at - channels] ?? 0;
    const corner = above[at - channels] ?? 0;
    bytes[at] = ((bytes[at] ?? 0) + expected(filter, left, above[at] ?? 0, corner)) & 255;
  }
}

function expected(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((one) => Math.abs(left + up - corner - one));
  if ((toLeft ?? 0) <= (toUp ?? 0) && (toLeft ?? 0) <= (toCorner ?? 0)) return left;
  return (toUp ?? 0) <= (toCorner ?? 0) ? up : corner;
}
