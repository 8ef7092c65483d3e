import type { Bar, Figure, Report } from "./report.ts";

const titles = [
  "part",
  "figure",
  "value",
  "unit",
  "limit",
  "limit's value",
  "ratio",
  "of rounds",
  "bar",
  "holds",
] as const;
const numeric = new Set<number>([2, 5, 6, 7]);

/** The same as the JSON, for people. */
export function tableOf(report: Report): string {
  const rows = [titles, ...report.figures.map(cellsOf)];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => aligned(cell, column, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [
    ...lines,
    ...report.broken.map(({ part, problem }) => `${part} is broken: ${problem}`),
    "",
    verdictOf(report),
    "",
  ].join("\n");
}

export function verdictOf({ figures, broken }: Report): string {
  const held = figures.filter((figure) => figure.holds === true).length;
  const missed = figures.filter((figure) => figure.holds === false);
  const names = missed.map((figure) => figure.name).join(", ");
  return [
    `${held} of ${held + missed.length} bars hold`,
    ...(missed.length > 0 ? [`missed: ${names}`] : []),
    ...(broken.length > 0 ? [`broken: ${broken.map(({ part }) => part).join(", ")}`] : []),
  ].join("; ");
}

function cellsOf(figure: Figure): string[] {
  const { part, name, value, unit, limit, ratio, rounds, bar, holds } = figure;
  const answer = holds === null ? "" : holds ? "yes" : "NO";
  return [
    part,
    name,
    shown(value),
    unit,
    limit?.name ?? "",
    limit === null ? "" : shown(limit.value),
    ratio === null ? "" : shown(ratio),
    ratio === null || rounds === null ? "" : shown(rounds),
    bar === null ? "" : barText(bar, holds),
    answer,
  ];
}

function barText({ of, sign, at }: Bar, holds: boolean | null): string {
  return `${of} ${sign} ${shown(at)}${holds === null ? " at full size" : ""}`;
}

/** Three digits that count, and no more than two behind the point for what is large. */
export function shown(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 4;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function aligned(cell: string, column: number, width: number): string {
  return numeric.has(column) ? cell.padStart(width) : cell.padEnd(width);
}
