import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished } from "vitest";
import type { Report } from "./bench/report.ts";

const script = fileURLToPath(new URL("./bench.ts", import.meta.url));

export async function bench(...args: string[]) {
  return promisify(execFile)(process.execPath, [script, ...args]).then(
    (output) => ({ code: 0, ...output }),
    (failure: { code: number; stdout: string; stderr: string }) => failure,
  );
}

/** The tiny version of a suite measures every part, holds what is exact, and prints what it writes. */
export async function expectTiny(suite: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "onsale-bench-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const json = join(folder, "report.json");
  const { code, stdout, stderr } = await bench(suite, "--tiny", "--json", json);
  expect(`${stderr}${stdout}`).not.toMatch(/is broken|NO$/m);
  expect(code).toBe(0);
  const report = JSON.parse(readFileSync(json, "utf8")) as Report;
  expect(report).toMatchObject({ suite, tiny: true, broken: [] });
  expect(report.figures.length).toBeGreaterThan(0);
  for (const figure of report.figures) expect(stdout).toContain(figure.name);
}
