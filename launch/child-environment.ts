import { join } from "node:path";
import { loadConfig } from "../foundation/config.ts";
import type { LaunchOptions } from "./launch-options.ts";
import type { Storage } from "./storage.ts";

/** The settings of all processes of one launch; a wrong one ends the launch before any of them starts. */
export function environmentOf(options: LaunchOptions, storage: Storage): Record<string, string> {
  const at = (offset: number) => `127.0.0.1:${options.port + offset}`;
  const environment = {
    DATABASE_URL: storage.databaseUrl,
    REDIS_URL: storage.redisUrl,
    HTTP_PORT: String(options.port),
    PUBLIC_URL: process.env["PUBLIC_URL"] ?? `http://${at(0)}`,
    SANDBOX_URL: `http://${at(1)}`,
    SANDBOX_PORT: String(options.port + 1),
    SANDBOX_WEBHOOK_URL: `http://${at(0)}/v1/webhooks/sandbox`,
    SANDBOX_DATA: join(options.data, "payment-sandbox"),
    SMTP_URL: `smtp://${at(3)}`,
    MAIL_HTTP_PORT: String(options.port + 2),
    MAIL_SMTP_PORT: String(options.port + 3),
    MAIL_DATA: join(options.data, "mail-catcher"),
    LOG_LEVEL: process.env["LOG_LEVEL"] ?? "warn",
    ...sharedSecrets(),
  };
  loadConfig({ ...process.env, ...environment });
  return environment;
}

/** The sandbox is a stranger to our configuration: it is told the secrets that we share with it. */
function sharedSecrets(): Record<string, string> {
  const { SANDBOX_API_KEY, SANDBOX_WEBHOOK_SECRET } = loadConfig(process.env);
  return { SANDBOX_API_KEY, SANDBOX_WEBHOOK_SECRET };
}
