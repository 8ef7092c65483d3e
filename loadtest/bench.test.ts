import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { Report } from "./bench/report.ts";

const script = fileURLToPath(new URL("./bench.ts", import.meta.url));

async function bench(...args: string[]) {
  return promisify(execFile)(process.execPath, [script, ...args]).then(
    (output) => ({ code: 0, ...output }),
    (failure: { code: number; stdout: string; stderr: string }) => failure,
  );
}

test("the tiny version of `npm run bench -- room` measures every part and holds what is exact", {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "onsale-bench-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const json = join(folder, "room.json");
  const { code, stdout, stderr } = await bench("room", "--tiny", "--json", json);
  expect(`${stderr}${stdout}`).not.toMatch(/is broken|NO$/m);
  expect(code).toBe(0);
  const report = JSON.parse(readFileSync(json, "utf8")) as Report;
  expect(report).toMatchObject({ suite: "room", tiny: true, broken: [] });
  expect(report.figures.length).toBeGreaterThan(0);
  for (const figure of report.figures) expect(stdout).toContain(figure.name);
});

test.each([
  ["a suite that does not exist", ["rooms"]],
  ["a part that does not exist", ["room", "--only", "nothing"]],
  ["an option that does not exist", ["room", "--quick"]],
])("%s is a broken run, not a missed bar", async (_what, args) => {
  expect(await bench(...args)).toMatchObject({ code: 2, stdout: "" });
});
