import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** All tests, after the quick checks; `npm test -- PATH` runs the tests of a path alone. */
const root = fileURLToPath(new URL("../", import.meta.url));
const only = process.argv.slice(2);

function run(script: string, ...args: string[]): boolean {
  const environment = { ...process.env, PATH: `${root}node_modules/.bin:${process.env["PATH"] ?? ""}` };
  return (
    spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit", env: environment })
      .status === 0
  );
}

const checked = only.length > 0 || run("setup/check.ts");
const tested = run("node_modules/vitest/vitest.mjs", "run", ...only);
process.exitCode = checked && tested ? 0 : 1;
