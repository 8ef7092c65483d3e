/** `npm run verify`, and what else an operator or a buyer does from a shell. */
import { Command } from "commander";
import { createSeatEngine } from "../booking-core/seats/seat-engine.ts";
import { type Finding } from "../booking-core/verify/report.ts";
import { verify } from "../booking-core/verify/verify.ts";
import { systemClock } from "../foundation/clock.ts";
import { ConfigError } from "../foundation/config.ts";
import { createLogger } from "../foundation/log.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { connectRedis } from "../foundation/redis/connect.ts";
import { checkPlaces, countShoppers } from "../queue-admission/room-check.ts";
import { addCancelEvent } from "./cancel-event.ts";
import { parseRole, runCreateAccount } from "./create-account.ts";
import { addEvent } from "./event.ts";
import { addLedger } from "./ledger.ts";
import { toleratesDeafReaders } from "./quiet-output.ts";
import { runRebuild } from "./rebuild.ts";
import { runningConfig } from "./running-config.ts";
import { addStuckWork } from "./stuck-work.ts";
import { addTicketKeys } from "./ticket-keys.ts";
import { addVerifyDraw } from "./verify-draw.ts";

type VerifyOptions = { json: boolean; data: string };

/** Of each promise, the violations that are printed; all are counted. */
const shown = 5;

toleratesDeafReaders(process.stdout);
const program = new Command("onsale").description("Onsale's command line.");

program
  .command("account")
  .description("accounts of buyers and operators")
  .command("create")
  .argument("<email>")
  .description("make an account; without --password-stdin its password is made and printed once")
  .option("--role <role>", "buyer, organiser or admin", parseRole, "buyer")
  .option("--password-stdin", "read the password from the standard input", false)
  .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
  .action(runCreateAccount);

program
  .command("verify")
  .description("hold the invariants against the live system; exits 1 on a violation")
  .option("--json", "print the findings as JSON", false)
  .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
  .action(runVerify);
program
  .command("rebuild")
  .description("build an event's sections in Redis anew from Postgres, while it sells on")
  .argument("<event>", "its id")
  .option("--section <id>", "only this section")
  .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
  .action(runRebuild);
addVerifyDraw(program);
addTicketKeys(program);
addStuckWork(program);
addEvent(program);
addCancelEvent(program);
addLedger(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function runVerify(options: VerifyOptions): Promise<void> {
  const config = runningConfig(options.data, process.env);
  const pool = createPool(config.DATABASE_URL, 4, { isPatient: true });
  const redis = connectRedis(config.REDIS_URL, createLogger("verify", config.LOG_LEVEL));
  try {
    const seats = createSeatEngine({ redis, clock: systemClock });
    const findings = await verify({
      pool,
      seats,
      clock: systemClock,
      roomSights: {
        countShoppers: (eventId) => countShoppers(redis, eventId),
        checkPlaces: (eventId) => checkPlaces(redis, eventId),
      },
    });
    process.stdout.write(options.json ? `${JSON.stringify(findings)}\n` : findings.map(describe).join(""));
    process.exitCode = findings.some((finding) => finding.violations.length > 0) ? 1 : 0;
  } finally {
    redis.disconnect();
    await pool.end();
  }
}

function describe({ invariant, promise, checked, violations }: Finding): string {
  const head = `${violations.length === 0 ? "ok  " : "FAIL"} ${invariant}  ${promise}: ${checked} checked, ${violations.length} violations\n`;
  const lines = violations.slice(0, shown).map((violation) => `       ${violation}\n`);
  const more = violations.length > shown ? [`       and ${violations.length - shown} more\n`] : [];
  return [head, ...lines, ...more].join("");
}
