import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitCodeOf } from "./report.ts";
import { chosenParts, runSuite, type Suite } from "./suite.ts";
import { tableOf } from "./table.ts";

export type BenchOptions = {
  readonly tiny: boolean;
  readonly only: readonly string[];
  readonly json?: string;
};

export type Output = { print(text: string): void; say(line: string): void };

/** Runs a suite, prints its table, writes its JSON, and gives the exit code. */
export async function runBench(suite: Suite, options: BenchOptions, output: Output): Promise<0 | 1 | 2> {
  const folder = mkdtempSync(join(tmpdir(), "onsale-bench-"));
  try {
    const parts = chosenParts(suite, options.only);
    const report = await runSuite(suite, parts, { tiny: options.tiny, folder, say: output.say });
    output.print(tableOf(report));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    return exitCodeOf(report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
