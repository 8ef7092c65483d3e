import { existsSync, readFileSync } from "node:fs";
import { type Config, ConfigError, loadConfig } from "../foundation/config.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of the running system: from the environment, else of `npm start` on this machine by its data folder. */
export function runningConfig(folder: string, environment: Environment): Config {
  if (environment["DATABASE_URL"] && environment["REDIS_URL"]) return loadConfig(environment);
  const addresses = addressesIn(folder);
  if (addresses === undefined) {
    throw new ConfigError(
      `Nothing runs on ${folder}. Start it with npm start, name its folder with --data, or set DATABASE_URL and REDIS_URL.`,
    );
  }
  return loadConfig({ LOG_LEVEL: "warn", ...addresses, ...environment });
}

/** Where buyers reach what `npm start` runs on this machine; where nothing runs on the folder, its first choice. */
export function runningGateway(folder: string): string {
  return `http://127.0.0.1:${addressesIn(folder)?.["HTTP_PORT"] ?? 8080}`;
}

function addressesIn(folder: string): Record<string, string> | undefined {
  const file = `${folder}/addresses.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : undefined;
}
