/**
 * `npm run loadtest`: durable bookings a second over HTTP, beside what a bare uWebSockets.js server answers to the
 * same generator on the same machine in the same run. `npm run loadtest -- rush`: a crowd that buys everything.
 * Servers of their own, data of their own, gone afterwards.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { runBench } from "./bench/run-bench.ts";
import { measureBookings } from "./bookings.ts";
import { rushPart } from "./seats/rush.ts";

type BookingOptions = { seconds: number; connections: number };
type RushOptions = { tiny?: boolean; json?: string };

const rush = { name: "rush", description: "Everybody comes at once.", parts: [rushPart] };

const program = new Command("npm run loadtest --").description("Load on servers of its own.");
program
  .command("bookings", { isDefault: true })
  .description("durable bookings per second against a bare server's requests per second")
  .option("--seconds <count>", "how long each part is measured", Number, 5)
  .option("--connections <count>", "connections of the generator", Number, 400)
  .action(runBookings);
program
  .command("rush")
  .description("50,000 seats and 100,000 buyers; exits 1 where it breaks a promise")
  .option("--tiny", "500 seats and 1,000 buyers")
  .option("--json <file>", "writes the same figures there")
  .action(runRush);
await program.parseAsync();

async function runBookings(options: BookingOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "onsale-load-"));
  try {
    const { bare, bookings } = await measureBookings(folder, options);
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
}

async function runRush({ tiny = false, json }: RushOptions): Promise<void> {
  process.exitCode = await runBench(
    rush,
    { tiny, only: [], ...(json && { json }) },
    {
      print: (text) => process.stdout.write(text),
      say: (line) => process.stderr.write(`${line}\n`),
    },
  );
}
