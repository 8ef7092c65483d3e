import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { besideInTurns } from "./in-turns.ts";
import { type Bar, judge, type Measurement, type Report } from "./report.ts";
import { type BenchOptions, runBench } from "./run-bench.ts";
import type { Suite } from "./suite.ts";
import { shown } from "./table.ts";

const atMost = (at: number, more: Partial<Bar> = {}): Bar => ({
  of: "value",
  sign: "≤",
  at,
  size: "any",
  ...more,
});
const tick: Measurement = { name: "tick", value: 0.3, unit: "s", limit: { name: "bare tick", value: 0.2 } };

function suiteOf(...parts: readonly (readonly [string, () => Promise<readonly Measurement[]>])[]): Suite {
  return {
    name: "example",
    description: "",
    parts: parts.map(([name, measure]) => ({ name, measure })),
  };
}

async function bench(suite: Suite, options: Partial<BenchOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "onsale-report-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const json = join(folder, "report.json");
  const printed: string[] = [];
  const said: string[] = [];
  const output = { print: (text: string) => printed.push(text), say: (line: string) => said.push(line) };
  const code = await runBench(suite, { tiny: false, only: [], json, ...options }, output);
  return { code, said, table: printed.join(""), report: JSON.parse(readFileSync(json, "utf8")) as Report };
}

test.each([
  ["a value at its bar", { ...tick, bar: atMost(0.3) }, 0],
  ["a value over its bar", { ...tick, bar: atMost(0.29) }, 1],
  ["a value under a least", { ...tick, bar: atMost(0.31, { sign: "≥" }) }, 1],
  ["a ratio within its bar", { ...tick, bar: atMost(1.5001, { of: "ratio" }) }, 0],
  ["a ratio over its bar", { ...tick, bar: atMost(1.4, { of: "ratio" }) }, 1],
  ["a figure without a bar", tick, 0],
])("%s decides the exit code", async (_what, measurement, code) => {
  expect((await bench(suiteOf(["ticks", async () => [measurement]]))).code).toBe(code);
});

test("of what was measured in turns the ratio is the middle one of the rounds', whenever the machine was faster", async () => {
  // In each round ours is a tenth slower, while the machine slows down to a half.
  const limit = { name: "bare", values: [100, 90, 80, 70, 50] };
  const slower = besideInTurns([90, 81, 72, 63, 45], limit);
  expect(slower.ratios.map((ratio) => ratio.toFixed(2))).toEqual(Array(5).fill("0.90"));
  const uneven = besideInTurns([45, 63, 96, 63, 90], { ...limit, values: [50, 70, 80, 90, 100] });
  const bar: Bar = { of: "ratio", sign: "≥", at: 0.9, size: "full" };
  const measured = [slower, uneven].map((beside) => ({ name: "ours", unit: "a second", bar, ...beside }));
  const { report, table } = await bench(suiteOf(["turns", async () => measured]));
  expect(report.figures).toMatchObject([
    { value: 72, limit: { value: 80 }, ratio: 0.9, rounds: 5, holds: true },
    { value: 63, limit: { value: 80 }, ratio: 0.9, rounds: 5, holds: true },
  ]);
  expect(
    table
      .split("\n")[2]
      ?.split(/\s{2,}/)
      .slice(-4),
  ).toEqual(["0.90", "5", "ratio ≥ 0.90", "yes"]);
  expect(() => besideInTurns([1, 2], limit)).toThrow("2 rounds beside 5 of bare");
});

test("a run that broke or measured nothing is not a run that holds its bars", async () => {
  const fails = () => Promise.reject(new Error("no server"));
  const run = await bench(suiteOf(["first", fails], ["second", async () => [tick]]));
  expect(run.code).toBe(2);
  expect(run.report.broken).toEqual([{ part: "first", problem: "no server" }]);
  expect(run.report.figures.map((figure) => figure.name)).toEqual(["tick"]);
  expect(run.table).toContain("first is broken: no server");
  expect((await bench(suiteOf(["idle", async () => []]))).code).toBe(2);
});

test("what is not a number is a broken run, not a bar that happens to hold", async () => {
  const measurement = { ...tick, value: Number.NaN, bar: atMost(1) };
  expect((await bench(suiteOf(["ticks", async () => [measurement]]))).code).toBe(2);
  expect(() => judge("ticks", { ...tick, limit: { name: "nothing", value: 0 } }, false)).toThrow(
    /not a number/,
  );
  expect(() =>
    judge("ticks", { name: "x", value: 1, unit: "", bar: atMost(1, { of: "ratio" }) }, false),
  ).toThrow(/no limit/);
});

test("a tiny run that is too small to see its limit has no ratio, and a full one is broken by that", () => {
  const unseen = {
    ...tick,
    limit: { name: "bare tick", value: 0 },
    bar: atMost(1, { of: "ratio", size: "full" }),
  };
  expect(judge("ticks", unseen, true)).toMatchObject({ ratio: null, holds: null });
  expect(() => judge("ticks", unseen, false)).toThrow(/not a number/);
});

test("the tiny version judges what is exact, and not what needs the full size", async () => {
  const sized = { ...tick, name: "sized", bar: atMost(0, { size: "full" }) };
  const exact = { ...tick, name: "exact", bar: atMost(0) };
  const suite = suiteOf(["ticks", async () => [sized, exact]]);
  const { report } = await bench(suite, { tiny: true });
  expect(report.figures.map((figure) => figure.holds)).toEqual([null, false]);
  expect((await bench(suite)).report.figures.map((figure) => figure.holds)).toEqual([false, false]);
});

test("the table shows every figure of the JSON: value, limit, ratio, bar and whether it holds", async () => {
  const measured = [
    { ...tick, bar: atMost(1.2, { of: "ratio" }) },
    { name: "places", value: 1_000_000, unit: "places", bar: atMost(1, { sign: "≥" }) } as const,
  ];
  const { table, report } = await bench(suiteOf(["room", async () => measured]));
  const rows = table.split("\n").slice(1, 1 + report.figures.length);
  for (const [index, figure] of report.figures.entries()) {
    const cells = [figure.part, figure.name, shown(figure.value), figure.unit];
    if (figure.limit !== null)
      cells.push(figure.limit.name, shown(figure.limit.value), shown(figure.ratio ?? 0));
    if (figure.bar !== null) cells.push(`${figure.bar.of} ${figure.bar.sign} ${shown(figure.bar.at)}`);
    cells.push(figure.holds ? "yes" : "NO");
    expect(rows[index]?.split(/\s{2,}/)).toEqual(cells);
  }
  expect(table).toContain("1 of 2 bars hold; missed: tick");
});

test("only the parts asked for run, and a part that does not exist is named", async () => {
  const suite = suiteOf(["first", async () => [tick]], ["second", async () => [tick]]);
  expect((await bench(suite, { only: ["second"] })).report.figures.map((figure) => figure.part)).toEqual([
    "second",
  ]);
  await expect(bench(suite, { only: ["third"] })).rejects.toThrow("no part third; there are first, second");
});
