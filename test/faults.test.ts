import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { planFaults } from "./faults/fault-plan.ts";

const script = fileURLToPath(new URL("./faults/run.ts", import.meta.url));

/** Another seed each day: what it finds is found again with the seed that it prints. */
const seed = Math.floor(Date.now() / 86_400_000);

test("through kills, fail-overs, moved slots and dead connections nothing is oversold, and nothing that was answered is lost", {
  timeout: 540_000,
}, async () => {
  const args = ["--seed", `${seed}`, "--minutes", "1.5", "--buyers", "8"];
  const ran = await promisify(execFile)(process.execPath, [script, ...args]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (failure: { code: number; stdout: string }) => failure,
  );
  expect(ran.stdout).toContain("0 promises broken");
  expect(ran.code).toBe(0);
});

test("the seed alone decides which faults come when", () => {
  const plan = planFaults(7, 60_000);
  expect(planFaults(7, 60_000)).toEqual(plan);
  expect(planFaults(8, 60_000)).not.toEqual(plan);
  const kinds = new Set(planFaults(7, 600_000).flatMap(({ faults }) => faults.map(({ kind }) => kind)));
  expect(kinds.size).toBe(15);
  for (const { faults } of plan)
    for (const [index, { atMs }] of faults.entries())
      expect(atMs).toBeGreaterThan((faults[index - 1]?.atMs ?? 0) + (faults[index - 1]?.forMs ?? 0));
});
