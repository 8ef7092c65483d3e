import { qrBitsOf } from "./qr-bits.ts";

/** Of version 6, in which every code of a ticket fits and no smaller one does. */
export const qrSide = 41;

/**
 * A byte for each square, row by row, one for dark. qrcode-generator took 3 ms for the same, nearly all of them to
 * choose among the eight masks.
 */
export function qrSquares(text: string): Uint8Array {
  const plain = Uint8Array.from(frame.squares);
  const bytes = qrBitsOf(text);
  for (const [bit, place] of dataPlaces.entries())
    plain[place] = ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
  const masked = masks.map((mask) => plain.map((square, place) => square ^ (mask[place] ?? 0)));
  const penalties = masked.map(penaltyOf);
  return masked[penalties.indexOf(Math.min(...penalties))] ?? plain;
}

const at = (row: number, column: number) => row * qrSide + column;

/** What every code has: the squares that are always the same, and which those are. */
const frame = (() => {
  const squares = new Uint8Array(qrSide * qrSide);
  const fixed = new Uint8Array(qrSide * qrSide);
  const set = (row: number, column: number, dark: boolean) => {
    if (row < 0 || column < 0 || row >= qrSide || column >= qrSide) return;
    squares[at(row, column)] = Number(dark);
    fixed[at(row, column)] = 1;
  };
  for (let along = 0; along < qrSide; along += 1) {
    set(6, along, along % 2 === 0);
    set(along, 6, along % 2 === 0);
  }
  const rings = (middleRow: number, middleColumn: number, reach: number, light: readonly number[]) => {
    for (let row = -reach; row <= reach; row += 1)
      for (let column = -reach; column <= reach; column += 1)
        set(
          middleRow + row,
          middleColumn + column,
          !light.includes(Math.max(Math.abs(row), Math.abs(column))),
        );
  };
  for (const [row, column] of [
    [3, 3],
    [3, qrSide - 4],
    [qrSide - 4, 3],
  ] as const)
    rings(row, column, 4, [2, 4]);
  rings(qrSide - 7, qrSide - 7, 2, [1]);
  for (const places of formatPlaces()) for (const place of places) fixed[place] = 1;
  set(qrSide - 8, 8, true);
  return { squares, fixed };
})();

/** Twice, each from its lowest bit on: which mask, and the level. */
function formatPlaces(): readonly (readonly number[])[] {
  const along = (count: number, place: (step: number) => number) => Array.from({ length: count }, (_, step) => place(step));
  const downwards = [...along(6, (row) => at(row, 8)), at(7, 8), at(8, 8), at(8, 7), ...along(6, (step) => at(8, 5 - step))];
  const split = [...along(8, (step) => at(8, qrSide - 1 - step)), ...along(7, (step) => at(qrSide - 7 + step, 8))];
  return [downwards, split];
}

/** In pairs of columns from the right, up and down in turns, without the column of the dotted line. */
const dataPlaces = (() => {
  const places: number[] = [];
  let upwards = true;
  for (let right = qrSide - 1; right > 0; right -= right === 8 ? 3 : 2) {
    for (let step = 0; step < qrSide; step += 1)
      for (const column of [right, right - 1]) {
        const place = at(upwards ? qrSide - 1 - step : step, column);
        if (frame.fixed[place] === 0) places.push(place);
      }
    upwards = !upwards;
  }
  return places;
})();

const maskRules: readonly ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/** The squares that each turns over, its own name among them. */
const masks = maskRules.map((rule, name) => {
  const mask = new Uint8Array(qrSide * qrSide);
  for (const place of dataPlaces)
    mask[place] = Number(rule(Math.floor(place / qrSide), place % qrSide));
  const format = formatBits(name);
  for (const places of formatPlaces())
    for (const [bit, place] of places.entries()) mask[place] = (format >> bit) & 1;
  return mask;
});

/** Level M is 00; ten bits mend the five. */
function formatBits(mask: number): number {
  let rest = mask << 10;
  for (let bit = 14; bit >= 10; bit -= 1) if ((rest >> bit) & 1) rest ^= 0x537 << (bit - 10);
  return ((mask << 10) | rest) ^ 0x5412;
}

/** As the standard counts what makes a code hard to read: long runs, squares of four, false corners, much of one. */
function penaltyOf(squares: Uint8Array): number {
  let penalty = 0;
  let dark = 0;
  for (let line = 0; line < qrSide; line += 1) {
    penalty += linePenalty(squares, line * qrSide, 1) + linePenalty(squares, line, qrSide);
    for (let column = 0; column < qrSide; column += 1) dark += squares[at(line, column)] ?? 0;
  }
  for (let row = 0; row + 1 < qrSide; row += 1)
    for (let place = at(row, 0); place < at(row, qrSide - 1); place += 1) {
      const four =
        (squares[place] ?? 0) +
        (squares[place + 1] ?? 0) +
        (squares[place + qrSide] ?? 0) +
        (squares[place + qrSide + 1] ?? 0);
      if (four === 0 || four === 4) penalty += 3;
    }
  return penalty + Math.floor(Math.abs((dark * 20) / squares.length - 10)) * 10;
}

const corner = 0b1011101;

function linePenalty(squares: Uint8Array, from: number, step: number): number {
  let penalty = 0;
  let run = 0;
  let last = -1;
  let seen = 0;
  for (let along = 0; along < qrSide; along += 1) {
    const square = squares[from + along * step] ?? 0;
    run = square === last ? run + 1 : 1;
    last = square;
    if (run === 5) penalty += 3;
    else if (run > 5) penalty += 1;
    seen = ((seen << 1) | square) & 0x7ff;
    if (along >= 10 && (seen === corner || seen === corner << 4)) penalty += 40;
  }
  return penalty;
}
