import { ConfigError, loadConfig, type Role } from "../foundation/config.ts";
import { assertLimits } from "../foundation/limits.ts";
import { createLogger } from "../foundation/log.ts";
import { type Core, createCore } from "./core.ts";
import { refuseWrongSender } from "./mail-sender.ts";
import { startAdmission } from "./roles/admission.ts";
import { startGatewayRole } from "./roles/gateway.ts";
import type { RunningRole } from "./roles/running-role.ts";
import { startWorker } from "./roles/worker.ts";

/**
 * A process that holds the roles of `ONSALE_ROLES`. It tells its parent, if it has one, when it is ready; it ends
 * in order on SIGTERM, SIGINT, or when the parent is gone.
 */
const config = readConfig();
const logger = createLogger(config.ONSALE_ROLES.join("+"), config.LOG_LEVEL);
assertLimits();

const core = await createCore(config, logger);
const running: RunningRole[] = [];
let stopping: Promise<void> | undefined;

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal));
process.on("disconnect", () => stop("the parent process is gone"));
process.on("unhandledRejection", (error) => {
  logger.fatal({ err: error }, "a failure that nobody handled");
  process.exitCode = 1;
  stop("unhandled failure");
});

try {
  for (const role of config.ONSALE_ROLES) running.push(await startRole(role, core));
  const url = `http://${config.HTTP_HOST}:${config.HTTP_PORT}`;
  logger.info({ roles: config.ONSALE_ROLES, url }, "ready");
  process.send?.({ type: "ready", url });
} catch (error) {
  logger.fatal({ err: error }, "the start failed");
  process.exitCode = 1;
  stop("failed start");
}

function startRole(role: Role, core: Core): Promise<RunningRole> {
  switch (role) {
    case "gateway":
      return startGatewayRole(core, config);
    case "admission":
      return startAdmission(core);
    case "worker":
      return startWorker(core, config);
  }
}

/** The roles in the order in which requests meet them: nothing new comes in while the rest finishes. */
function stop(reason: string): void {
  stopping ??= stopAll(reason);
}

async function stopAll(reason: string): Promise<void> {
  logger.info({ reason }, "stopping");
  for (const role of running)
    await role.stop().catch((error: unknown) => logger.error({ err: error }, "a role did not stop in order"));
  await core
    .close()
    .catch((error: unknown) => logger.error({ err: error }, "a connection did not close in order"));
  process.exit();
}

function readConfig() {
  try {
    const read = loadConfig(process.env);
    refuseWrongSender(read);
    return read;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
