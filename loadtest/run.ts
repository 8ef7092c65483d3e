/**
 * `npm run loadtest`: durable bookings a second over HTTP, beside what a bare uWebSockets.js server answers to the
 * same generator on the same machine in the same run. Servers of its own, data of its own, gone afterwards.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { measureBare } from "./baselines/bare-server.ts";
import { measureBookings } from "./bookings.ts";

type Options = { seconds: number; connections: number };

const options = new Command("npm run loadtest --")
  .description("Durable bookings per second against a bare server's requests per second.")
  .option("--seconds <count>", "how long each part is measured", Number, 5)
  .option("--connections <count>", "connections of the generator", Number, 100)
  .parse()
  .opts<Options>();

const folder = mkdtempSync(join(tmpdir(), "onsale-load-"));
try {
  const bare = await measureBare(options);
  const bookings = await measureBookings(folder, options);
  const ratio = bookings.perSecond / bare.perSecond;
  process.stdout.write(
    [
      `bare uWebSockets.js   ${bare.perSecond.toFixed(0)} requests/s`,
      `durable bookings      ${bookings.perSecond.toFixed(0)}/s  p50 ${bookings.p50Ms} ms  p99 ${bookings.p99Ms} ms`,
      `bookings ÷ bare       ${ratio.toFixed(3)}`,
      `answered otherwise    ${bookings.refused} sold out, ${bookings.errors} errors`,
      "",
    ].join("\n"),
  );
  process.exitCode = bookings.errors === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
