import qrcode from "qrcode-generator";

/** The dark squares of a QR code, row by row, without the quiet zone. */
export type QrMatrix = { readonly size: number; isDark(row: number, column: number): boolean };

/** Light squares around, as the standard wants them. */
export const quietModules = 4;

/** Level M: a seventh of it may be dirt or a fold of the paper. */
export function qrOf(code: string): QrMatrix {
  const qr = qrcode(0, "M");
  qr.addData(code, "Alphanumeric");
  qr.make();
  return { size: qr.getModuleCount(), isDark: (row, column) => qr.isDark(row, column) };
}

/** Runs of dark squares beside each other: a third of the shapes. */
export function darkRuns(matrix: QrMatrix): { row: number; column: number; width: number }[] {
  const runs: { row: number; column: number; width: number }[] = [];
  for (let row = 0; row < matrix.size; row += 1) {
    for (let column = 0; column < matrix.size; column += 1) {
      if (!matrix.isDark(row, column)) continue;
      const from = column;
      while (column + 1 < matrix.size && matrix.isDark(row, column + 1)) column += 1;
      runs.push({ row, column: from, width: column - from + 1 });
    }
  }
  return runs;
}

/** Of no fixed size, so that a page can make it as large as the screen. */
export function qrSvg(code: string): string {
  const matrix = qrOf(code);
  const side = matrix.size + 2 * quietModules;
  const path = darkRuns(matrix)
    .map(({ row, column, width }) => `M${column + quietModules} ${row + quietModules}h${width}v1h-${width}z`)
    .join("");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges" role="img" aria-label="QR code">` +
    `<path fill="#fff" d="M0 0h${side}v${side}H0z"/><path fill="#000" d="${path}"/></svg>`
  );
}
