import { expect, test } from "vitest";
import { clientFrame, opcodes, readFrames } from "./frames.ts";

function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header = Buffer.from([0x80 | opcode, length < 126 ? length : length < 65_536 ? 126 : 127]);
  const more = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (more.length === 2) more.writeUInt16BE(length);
  if (more.length === 8) more.writeBigUInt64BE(BigInt(length));
  return Buffer.concat([header, more, payload]);
}

function framesOf(bytes: Buffer, start = 0) {
  const frames: [number, number][] = [];
  const usedUpTo = readFrames(bytes, start, (opcode, from, to) => frames.push([opcode, to - from]));
  return { frames, usedUpTo };
}

test("frames of every length are read, one behind the other", () => {
  const lengths = [0, 1, 125, 126, 65_535, 65_536];
  const bytes = Buffer.concat(lengths.map((length) => serverFrame(opcodes.text, Buffer.alloc(length))));
  expect(framesOf(bytes)).toEqual({ frames: lengths.map((length) => [1, length]), usedUpTo: bytes.length });
});

test("wherever the bytes are cut, nothing of a frame is taken before it is whole", () => {
  const first = serverFrame(opcodes.ping, Buffer.from("still there?"));
  const bytes = Buffer.concat([first, serverFrame(opcodes.text, Buffer.alloc(300))]);
  for (let cut = 0; cut < bytes.length; cut += 1) {
    const { frames, usedUpTo } = framesOf(bytes.subarray(0, cut));
    expect([frames.length, usedUpTo]).toEqual(cut < first.length ? [0, 0] : [1, first.length]);
  }
});

test("a masked, a fragmented and a compressed frame are not what our servers send", () => {
  expect(() => framesOf(clientFrame(opcodes.text, Buffer.from("x")))).toThrow(/may not begin/);
  expect(() => framesOf(Buffer.of(0x01, 0))).toThrow(/may not begin/);
  expect(() => framesOf(Buffer.of(0xc1, 0))).toThrow(/may not begin/);
});

test("a client's frame is masked as RFC 6455 shows it", () => {
  const mask = Buffer.of(0x37, 0xfa, 0x21, 0x3d);
  const expected = Buffer.of(0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58);
  expect(clientFrame(opcodes.text, Buffer.from("Hello"), mask)).toEqual(expected);
});
