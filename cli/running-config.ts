import { existsSync, readFileSync } from "node:fs";
import { type Config, ConfigError, loadConfig } from "../foundation/config.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of the running system: from the environment, else of `npm start` on this machine by its data folder. */
export function runningConfig(folder: string, environment: Environment): Config {
  if (environment["DATABASE_URL"] && environment["REDIS_URL"]) return loadConfig(environment);
  const file = `${folder}/addresses.json`;
  if (!existsSync(file)) {
    throw new ConfigError(
      `Nothing runs on ${folder}. Start it with npm start, name its folder with --data, or set DATABASE_URL and REDIS_URL.`,
    );
  }
  const addresses = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  return loadConfig({ LOG_LEVEL: "warn", ...addresses, ...environment });
}
