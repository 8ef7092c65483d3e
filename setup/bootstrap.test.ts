import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bootstrap = fileURLToPath(new URL("./bootstrap.mjs", import.meta.url));

test("an unknown command ends with one sentence that names the known ones", () => {
  const { status, stderr } = spawnSync(process.execPath, [bootstrap, "strat"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toBe(
    "There is no command strat; there are start, test, check, buy, verify, onsale, loadtest, bench, faults.\n",
  );
});

// With `exec` no shell stands between npm and the set-up: a shell would die of a signal alone and orphan it.
test("every npm script goes through the set-up under the name it has there", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const [name, command] of Object.entries(scripts))
    expect(command).toBe(`exec node setup/bootstrap.mjs ${name}`);
});
