import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ConfigError } from "../foundation/config.ts";
import { launch } from "./launch.ts";
import { LaunchError } from "./launch-error.ts";
import type { LaunchOptions } from "./launch-options.ts";

function readPort(text: string): number {
  const port = Number(text);
  // The three addresses behind it belong to the sandbox and the mail catcher.
  if (Number.isInteger(port) && port >= 1 && port <= 65_532) return port;
  throw new InvalidArgumentError("A port is a whole number from 1 to 65532.");
}

const program = new Command("npm start --")
  .description("Runs all of Onsale on this machine; Ctrl-C ends it.")
  .option(
    "--port <number>",
    "port of the gateway; the next three belong to the sandbox and the mail catcher",
    readPort,
    8080,
  )
  .option("--data <folder>", "where the data lives", ".onsale")
  .option("--no-demo", "do not load the demo event")
  .parse();

const options = program.opts<LaunchOptions>();

try {
  await launch({ ...options, data: resolve(options.data) });
} catch (error) {
  if (!(error instanceof LaunchError || error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
