// Makes a fresh clone usable and runs a command of the project under its own Node. Plain JavaScript without
// dependencies: this runs before anything is installed, under whatever Node (20 or later) the machine has.
//   node setup/bootstrap.mjs COMMAND [ARGUMENTS]
import { fileURLToPath } from "node:url";
import { ensureChromium } from "./chromium-package.mjs";
import { alone } from "./lock.mjs";
import { mendForThisMachine } from "./mend-uws.mjs";
import { ensurePackages, projectNode } from "./packages.mjs";
import { ensureRedisServer } from "./redis-package.mjs";
import { runCommand } from "./run-command.mjs";
import { SetupError } from "./setup-error.mjs";
import { step } from "./steps.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What each npm script runs under the project's Node, and whether it starts servers of its own or a browser. */
const commands = {
  start: { script: "launch/start.ts", servers: true },
  test: { script: "setup/run-tests.ts", servers: true, browser: true },
  check: { script: "setup/check.ts", servers: false },
  buy: { script: "cli/buy.ts", servers: false },
  verify: { script: "cli/onsale.ts", first: ["verify"], servers: false },
  onsale: { script: "cli/onsale.ts", servers: false },
  loadtest: { script: "loadtest/run.ts", servers: true },
  bench: { script: "loadtest/bench.ts", servers: true },
  faults: { script: "test/faults/run.ts", servers: true },
};

const [name = "", ...rest] = process.argv.slice(2);
try {
  const command = commands[name];
  if (command === undefined)
    throw new SetupError(`There is no command ${name}; there are ${Object.keys(commands).join(", ")}.`);
  await alone(`${root}.setup-lock`, () => prepare(command));
  const args = [`${root}${command.script}`, ...(command.first ?? []), ...rest];
  process.exitCode = await runCommand(projectNode(root), args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function prepare(command) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20)
    throw new SetupError(`Node ${process.versions.node} is too old to begin with; install Node 20 or later.`);
  await ensurePackages(root);
  await step(
    "uWebSockets.js fits this machine",
    () => mendForThisMachine(`${root}node_modules/uWebSockets.js`) !== "mended",
  );
  if (command.servers) await ensureRedisServer();
  if (command.browser) await ensureChromium();
}
