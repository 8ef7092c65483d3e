/**
 * `npm run faults -- --seed N --minutes M`: Onsale in the production shape, broken again and again while buyers
 * shop, then held against what it answered. Exit code 1 when a promise was broken.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { runFaults, type Verdict } from "./run-faults.ts";
import { saidOfRequests } from "./said-of-requests.ts";

type Options = { seed: number; minutes: number; buyers: number; only: string[]; keep: boolean };

const options = new Command("npm run faults --")
  .description("Breaks processes and networks while buyers shop, and checks that nothing answered was lost.")
  .option(
    "--seed <number>",
    "which faults and buyers (another one each time otherwise)",
    Number,
    Date.now() % 1_000_000,
  )
  .option("--minutes <number>", "how long the faults go on", Number, 1)
  .option("--buyers <number>", "how many shop at the same time", Number, 10)
  .option("--only <kinds>", "no other faults than these, parted by commas", (kinds) => kinds.split(","), [])
  .option("--keep", "keep the folder with the logs", false)
  .parse()
  .opts<Options>();

const startedAt = performance.now();
const say = (line: string) => {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`${seconds.padStart(7)} s  ${line}\n`);
};
const folder = mkdtempSync(join(tmpdir(), "onsale-faults-"));
const again = `npm run faults -- --seed ${options.seed} --minutes ${options.minutes} --buyers ${options.buyers}`;

say(`seed ${options.seed}; the same again: ${again}`);
let isClean = false;
try {
  const { seed, minutes, buyers, only } = options;
  const wanted = { seed, lengthMs: minutes * 60_000, buyers, only, folder };
  const verdict = await runFaults(wanted, say);
  print(verdict);
  isClean = verdict.failures.length === 0;
} catch (error) {
  process.stdout.write(`The run itself broke: ${(error as Error).stack}\n`);
}
if (isClean && !options.keep) rmSync(folder, { recursive: true, force: true });
else process.stdout.write(`The logs are in ${folder}/logs; seed ${options.seed}, the same again: ${again}\n`);
process.exit(isClean ? 0 : 1);

function print({ records, failures }: Verdict): void {
  for (const [what, count] of [...records.counts].sort(([left], [right]) => left.localeCompare(right)))
    process.stdout.write(`${String(count).padStart(8)}  ${what}\n`);
  process.stdout.write(
    `${records.bookings.size} bookings were answered; ${failures.length} promises broken\n`,
  );
  for (const failure of failures) {
    process.stdout.write(`FAIL  ${failure}\n`);
    for (const line of saidOfRequests(failure, join(folder, "logs"))) process.stdout.write(`      ${line}\n`);
  }
}
