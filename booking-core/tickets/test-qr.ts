import jsqr from "jsqr";

const pixelsPerModule = 4;

/** Draws the squares of `qrSvg` as a camera would see them, and reads them as a scanner does. */
export function decodeSvg(svg: string): string | undefined {
  const side = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]);
  const dark = /fill="#000" d="([^"]+)"/.exec(svg)?.[1] ?? "";
  const rectangles = [...dark.matchAll(/M(\d+) (\d+)h(\d+)v1/g)].map((match) => match.slice(1).map(Number));
  return decodeRectangles(
    side,
    rectangles.map(([column = 0, row = 0, width = 0]) => ({ column, row, width })),
  );
}

type Rectangle = { readonly column: number; readonly row: number; readonly width: number };

/** Of rectangles that are one high, on a square of so many units. */
export function decodeRectangles(side: number, rectangles: readonly Rectangle[]): string | undefined {
  const width = side * pixelsPerModule;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const rectangle of rectangles) paint(pixels, width, rectangle);
  return jsqr.default(pixels, width, width)?.data;
}

function paint(pixels: Uint8ClampedArray, rowPixels: number, { column, row, width }: Rectangle): void {
  for (let y = row * pixelsPerModule; y < (row + 1) * pixelsPerModule; y += 1)
    for (let x = column * pixelsPerModule; x < (column + width) * pixelsPerModule; x += 1)
      pixels.fill(0, (y * rowPixels + x) * 4, (y * rowPixels + x) * 4 + 3);
}
