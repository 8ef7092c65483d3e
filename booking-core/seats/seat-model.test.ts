import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { createModelRun } from "./test-model-run.ts";
import { type SeatCommand, seatCommands, seatSections } from "./test-seat-commands.ts";

const redis = connectTestRedis();
afterAll(() => redis.disconnect());

/**
 * `SEAT_MODEL_COMMANDS=1000000` follows more, `SEAT_MODEL_SEED=…` the same again. On a failure fast-check prints
 * the seed and the shortest list of commands that fails.
 */
const wanted = Number(process.env["SEAT_MODEL_COMMANDS"] ?? 10_000);
const seed = Number(process.env["SEAT_MODEL_SEED"] ?? Date.now() % 2 ** 31);

/** So many sections are followed side by side. */
const lanes = 4;
let compared = 0;

async function follow([section, commands]: readonly [
  Parameters<typeof createModelRun>[1],
  readonly SeatCommand[],
]) {
  const run = createModelRun(redis, section);
  for (const command of [{ kind: "load" } as const, ...commands]) {
    const replies = await run.follow(command);
    expect(replies?.real).toEqual(replies?.expected);
    expect(await run.real()).toEqual(run.expected());
    compared += 1;
  }
  await run.end();
}

test(
  `the scripts do what the model does for ${wanted} commands (more: SEAT_MODEL_COMMANDS)`,
  async () => {
    const property = () => fc.asyncProperty(fc.tuple(seatSections, seatCommands), follow);
    const numRuns = Math.ceil(wanted / lanes / 45);
    const laneNumbers = Array.from({ length: lanes }, (_, lane) => lane);
    await Promise.all(laneNumbers.map((lane) => fc.assert(property(), { numRuns, seed: seed + lane })));
    expect(compared).toBeGreaterThanOrEqual(wanted);
  },
  60_000 + wanted * 10,
);
