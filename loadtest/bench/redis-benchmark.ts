import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** One call of a script by its hash; `__rand_int__` in a key or an argument is a number of 12 digits, new each time. */
export type ScriptCall = {
  readonly sha: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
};

export type BenchmarkOptions = {
  readonly host: string;
  readonly port: number;
  /** Rounded up to whole pipelines. */
  readonly requests: number;
  readonly connections: number;
  readonly pipeline?: number;
  /** `__rand_int__` is less than this; two of them in one text make doubles rare. */
  readonly randomBelow?: number;
};

export type BenchmarkResult = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

const commands = ["redis-benchmark", "valkey-benchmark"] as const;
/** The most that redis-benchmark reads as a range. */
const widestRange = 2_147_483_647;

/** Runs the real redis-benchmark: what a node does with a script when nothing of ours stands before it. */
export async function benchmarkScript(call: ScriptCall, options: BenchmarkOptions): Promise<BenchmarkResult> {
  const command = await installedBenchmark();
  const { stdout } = await promisify(execFile)(command, benchmarkArgs(call, options), {
    maxBuffer: 16_777_216,
  });
  return parseBenchmark(stdout);
}

/** The first that is on the PATH; the packages of Debian and Homebrew bring it with the server. */
async function installedBenchmark(): Promise<string> {
  for (const command of commands)
    if (
      await promisify(execFile)(command, ["--version"]).then(
        () => true,
        () => false,
      )
    )
      return command;
  throw new Error(`None of ${commands.join(", ")} is on the PATH; on Debian: apt-get install -y redis-tools`);
}

function benchmarkArgs({ sha, keys, args }: ScriptCall, options: BenchmarkOptions): string[] {
  const { host, port, requests, connections, pipeline = 32, randomBelow = widestRange } = options;
  const numbers = { "-p": port, "-n": requests, "-c": connections, "-P": pipeline, "-r": randomBelow };
  return [
    ...["-h", host, ...Object.entries(numbers).flatMap(([name, value]) => [name, String(value)])],
    // Without `-e` an error is counted as if it were an answer.
    ...["--csv", "-e", "EVALSHA", sha, String(keys.length), ...keys, ...args],
  ];
}

/** The last line; its first column is the command itself, with whatever stands in it, so the others count from the end. */
export function parseBenchmark(output: string): BenchmarkResult {
  const problem = /^.*Error from server.*$/m.exec(output)?.[0];
  if (problem !== undefined) throw new Error(`redis-benchmark: ${problem}`);
  const lines = output.split(/[\r\n]+/).filter((line) => line !== "");
  const titles = (lines.find((line) => line.startsWith('"test"')) ?? "").replaceAll('"', "").split(",");
  const cells = [...(lines.at(-1) ?? "").matchAll(/,"([\d.]+)"/g)].map((match) => Number(match[1]));
  const column = (title: string) => {
    const fromEnd = titles.indexOf(title) - titles.length;
    const value = titles.includes(title) ? cells.at(fromEnd) : undefined;
    if (value === undefined) throw new Error(`redis-benchmark said no ${title}: ${output}`);
    return value;
  };
  return {
    perSecond: column("rps"),
    p50Ms: column("p50_latency_ms"),
    p99Ms: column("p99_latency_ms"),
  };
}
