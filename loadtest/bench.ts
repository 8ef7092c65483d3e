/**
 * `npm run bench -- room`, `-- seats` or `-- money`: the figures that the project claims, each beside the limit of this machine measured in the
 * same run. Exit code 1 when a bar is missed, 2 when the run is broken.
 */
import { Command } from "commander";
import { runBench } from "./bench/run-bench.ts";
import type { Suite } from "./bench/suite.ts";
import { moneySuite } from "./money/suite.ts";
import { roomSuite } from "./room/suite.ts";
import { seatsSuite } from "./seats/suite.ts";

type Options = { tiny?: boolean; json?: string; only?: string[] };

const suites: readonly Suite[] = [roomSuite, seatsSuite, moneySuite];
const broken = 2;

const startedAt = performance.now();
const output = {
  print: (text: string) => void process.stdout.write(text),
  say: (line: string) => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    process.stderr.write(`  ${seconds.padStart(6)} s  ${line}\n`);
  },
};

const program = new Command("npm run bench --")
  .description("Measures what the project claims and holds it against its bars.")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : broken));

for (const suite of suites)
  program
    .command(suite.name)
    .description(suite.description)
    .option("--tiny", "small enough for every run of the tests; sizes and speeds are not judged")
    .option("--json <file>", "writes the same figures there")
    .option("--only <names>", "only these parts, parted by commas", (names) => names.split(","))
    .action((options: Options) => run(suite, options));

await program.parseAsync();

async function run(suite: Suite, { tiny = false, only = [], json }: Options): Promise<void> {
  try {
    process.exitCode = await runBench(suite, { tiny, only, ...(json && { json }) }, output);
  } catch (failure) {
    output.say(failure instanceof Error ? failure.message : String(failure));
    process.exitCode = broken;
  }
}
