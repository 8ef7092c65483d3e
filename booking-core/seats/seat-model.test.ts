import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { connectTestRedis } from "../../test/harness/redis.ts";
import type { LoadableSection } from "./loadable-section.ts";
import { createModelRun } from "./test-model-run.ts";
import { leastOfRun, type SeatCommand, seatCommands, seatSections } from "./test-seat-commands.ts";

const redis = connectTestRedis();
afterAll(() => redis.disconnect());

/**
 * `SEAT_MODEL_COMMANDS=1000000` follows more, and `SEAT_MODEL_SEED` the same again. On a failure fast-check looks for
 * the shortest list of commands that fails, and prints it.
 */
const wanted = Number(process.env["SEAT_MODEL_COMMANDS"] ?? 10_000);
const seed = Number(process.env["SEAT_MODEL_SEED"] ?? Date.now() % 2 ** 31);

/** So many sections are followed side by side. */
const lanes = 4;
let compared = 0;

type Followed = readonly [section: LoadableSection, commands: readonly SeatCommand[]];

async function follow([section, commands]: Followed): Promise<void> {
  const run = createModelRun(redis, section);
  for (const command of [{ kind: "load" } as const, ...commands]) {
    const replies = await run.follow(command);
    expect(replies?.real).toEqual(replies?.expected);
    expect(await run.real()).toEqual(run.expected());
    compared += 1;
  }
  await run.end();
}

const name = `the scripts do what the model does (SEAT_MODEL_COMMANDS=${wanted} SEAT_MODEL_SEED=${seed})`;
test(name, { timeout: 60_000 + wanted * 10 }, async () => {
  const property = fc.asyncProperty(fc.tuple(seatSections, seatCommands), follow);
  const numRuns = Math.ceil(wanted / lanes / leastOfRun);
  const follows = Array.from({ length: lanes }, (_, lane) =>
    fc.assert(property, { numRuns, seed: seed + lane }),
  );
  await Promise.all(follows);
  expect(compared).toBeGreaterThanOrEqual(wanted);
});
