import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { countTests, type TestReport } from "./result-line.ts";
import { runCommand } from "./run-command.mjs";

/** The quick checks and all tests; `npm test -- PATH` runs the tests of a path alone. The last line counts them. */
const root = fileURLToPath(new URL("../", import.meta.url));
const only = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "onsale-report-"));
const reportFile = join(folder, "report.json");

const checkCode = only.length > 0 ? undefined : await run("setup/check.ts");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
const testCode = await run("node_modules/vitest/vitest.mjs", "run", ...reporters, ...only);

const { passed, failed } = countTests({ report: readReport(), testCode, checkCode });
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function run(script: string, ...args: string[]): Promise<number> {
  const path = `${root}node_modules/.bin${delimiter}${process.env["PATH"] ?? ""}`;
  const options = { cwd: root, env: { ...process.env, PATH: path } };
  return runCommand(process.execPath, [script, ...args], options);
}

function readReport(): TestReport | undefined {
  return existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, "utf8")) as TestReport) : undefined;
}
