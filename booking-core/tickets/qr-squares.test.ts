import { expect, test } from "vitest";
import { qrChars } from "./qr-bits.ts";
import { qrSide, qrSquares } from "./qr-squares.ts";
import { decodeRectangles } from "./test-qr.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** Without chance, and none like another. */
const textOf = (length: number, seed: number) =>
  Array.from({ length }, (_, at) => alphabet[(at * at * 7 + at * seed + seed) % alphabet.length]).join("");

test("a scanner reads texts of every length that fits, whichever mask is best", () => {
  for (let length = 1; length <= qrChars; length += 9) {
    const text = textOf(length, length);
    expect(read(qrSquares(text))).toBe(text);
  }
  expect(read(qrSquares(textOf(qrChars, 3)))).toBe(textOf(qrChars, 3));
});

test("a scanner reads it although an eighth of its middle is dirty", () => {
  const text = textOf(151, 11);
  const squares = qrSquares(text);
  for (let row = 14; row < 24; row += 1) squares.fill(1, row * qrSide + 14, row * qrSide + 24);
  expect(squares).not.toEqual(qrSquares(text));
  expect(read(squares)).toBe(text);
});

test("what it cannot hold is refused", () => {
  expect(() => qrSquares(textOf(qrChars + 1, 1))).toThrow(/154 characters/);
  expect(() => qrSquares("lower case")).toThrow(/knows nothing/);
});

function read(squares: Uint8Array): string | undefined {
  const dark = [...squares.entries()].filter(([, square]) => square === 1);
  const rectangles = dark.map(([place]) => ({
    column: (place % qrSide) + 4,
    row: Math.floor(place / qrSide) + 4,
    width: 1,
  }));
  return decodeRectangles(qrSide + 8, rectangles);
}
