// Makes a fresh clone usable and runs a command of the project under its own Node. Plain JavaScript without
// dependencies: this runs before anything is installed, under whatever Node (20 or later) the machine has.
//   node setup/bootstrap.mjs COMMAND [ARGUMENTS]
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { mendForThisMachine } from "./mend-uws.mjs";
import { ensurePackages, projectNode } from "./packages.mjs";
import { ensureRedisServer } from "./redis-package.mjs";
import { alone, SetupError, step } from "./steps.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What each npm script runs under the project's Node, and whether it starts servers of its own. */
const commands = {
  start: { script: "launch/start.ts", servers: true },
  test: { script: "setup/run-tests.ts", servers: true },
  check: { script: "setup/check.ts", servers: false },
  buy: { script: "cli/buy.ts", servers: false },
  verify: { script: "cli/onsale.ts", first: ["verify"], servers: false },
  onsale: { script: "cli/onsale.ts", servers: false },
  loadtest: { script: "loadtest/run.ts", servers: true },
};

const [name = "", ...rest] = process.argv.slice(2);
try {
  const command = commands[name];
  if (command === undefined)
    throw new SetupError(`There is no command ${name}; there are ${Object.keys(commands).join(", ")}.`);
  await alone(root, () => prepare(command));
  run(command, rest);
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
}

/**
 * Ctrl-C in a terminal reaches the child by itself; a signal that was sent to this process alone is handed on.
 * Both come as SIGTERM, so that one Ctrl-C does not count as two.
 */
function run(command, args) {
  const child = spawn(projectNode(root), [`${root}${command.script}`, ...(command.first ?? []), ...args], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
  });
}
