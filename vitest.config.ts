import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Tests start hundreds of processes: what one has compiled the next need not. It saves a tenth of the run.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));

/** Those that take half a minute or more begin first: else the last of them would run alone at the end. */
const longest = [
  "test/faults.test.ts",
  "launch/crash.test.ts",
  "loadtest/bench-money.test.ts",
  "loadtest/bench-seats.test.ts",
  "loadtest/bench-room.test.ts",
  "queue-admission/room-simulation.test.ts",
  "launch/launch.test.ts",
  "test/worker-death.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = longest.findIndex((name) => moduleId.endsWith(`/${name}`));
      return place === -1 ? longest.length : place;
    };
    return (await super.sort(files)).toSorted((left, right) => rank(left) - rank(right));
  }
}

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["node_modules/**", ".onsale/**"],
    globalSetup: ["test/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Processes, not threads: tests start servers and load native code.
    pool: "forks",
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
