import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { publishingOf } from "../app/publishing.ts";
import { compileSection } from "../booking-core/events/plan.ts";
import { publishEvent } from "../booking-core/events/publish.ts";
import { askRedis } from "../booking-core/events/read-model/ask-redis.ts";
import { priceOf } from "../booking-core/prices/price-of.ts";
import { createSeatEngine } from "../booking-core/seats/seat-engine.ts";
import { systemClock } from "../foundation/clock.ts";
import type { Config } from "../foundation/config.ts";
import { type EventId, uuidSource } from "../foundation/ids.ts";
import { createLogger } from "../foundation/log.ts";
import { formatMoney } from "../foundation/money.ts";
import { createPool, type Pool } from "../foundation/postgres/pool.ts";
import { connectRedis } from "../foundation/redis/connect.ts";
import { createRoomControl } from "../queue-admission/room-control.ts";
import { lineOf } from "./event-file/problem.ts";
import { type EventToMake, readEventFile } from "./event-file/read-event-file.ts";
import { makeEvent } from "./make-event.ts";
import { runningConfig } from "./running-config.ts";

/** Bringing sections and room to Redis; past it the worker does it. */
const publishWithinMs = 5_000;

export function addEvent(program: Command): void {
  program
    .command("event")
    .description("events that are sold")
    .command("create")
    .argument("<file>", "JSON as in docs/first-event.md; `-` reads the standard input")
    .description("put an event on sale: venue, seating plan and event from one file")
    .option("--check", "only say whether the file is good", false)
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .action(runCreate);
}

type CreateOptions = { readonly check: boolean; readonly data: string };

async function runCreate(file: string, { check, data }: CreateOptions): Promise<void> {
  const name = file === "-" ? "The standard input" : file;
  const content = await contentOf(file).catch((error: unknown) => fail(`${name} ${whyUnread(error)}`));
  if (content === undefined) return;
  const read = readEventFile(content.json, systemClock.now());
  if ("problems" in read) return fail([...read.problems.map(lineOf), "Nothing was made."].join("\n"));
  process.stdout.write(describe(read.event));
  if (check) process.stdout.write(`${name} is good; nothing was made.\n`);
  else await putOnSale(read.event, runningConfig(data, process.env));
}

function fail(sentence: string): undefined {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

/** Some editors put a mark before the first letter, which is no JSON. */
async function contentOf(file: string): Promise<{ readonly json: unknown }> {
  const written = file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  return { json: JSON.parse(written.replace(/^\uFEFF/, "")) };
}

function whyUnread(error: unknown): string {
  if (error instanceof SyntaxError) return `is no JSON: ${error.message}. Nothing was made.`;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "is not there: name a file, or `-` for the standard input.";
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
}

/** What buyers will see of it, a line an offer. */
function describe({ title, startsAtMs, currency, sections }: EventToMake): string {
  const lines = sections.flatMap(({ planned, offers }) => {
    const categories = offers.map(({ category }) => category);
    const { capacity } = compileSection(planned, categories);
    const prices = offers.map(({ category, faceMinor, charges = [] }) => {
      const amountMinor = priceOf(faceMinor, charges).priceMinor;
      return `${category} ${formatMoney({ amountMinor, currency })}`;
    });
    return `  ${planned.name}: ${capacity} ${planned.kind}; ${prices.join(", ")}`;
  });
  return [`${title}, ${new Date(startsAtMs).toISOString()}`, ...lines, ""].join("\n");
}

async function putOnSale(event: EventToMake, config: Config): Promise<void> {
  const pool = createPool(config.DATABASE_URL, 2);
  try {
    const { outcome, eventId } = await makeEvent({ pool, ids: uuidSource, clock: systemClock }, event);
    if (outcome === "there_already")
      return fail(
        `Nothing was made: this venue has an event of this title at this time already, ${eventId}. Change title or time, or call that one off first (onsale cancel ${eventId}).`,
      );
    const published = await publish(pool, config, eventId);
    if (published === "away")
      process.stderr.write("Redis does not answer: buyers can come in some seconds after it is back.\n");
    process.stdout.write(addressesOf(config.PUBLIC_URL, eventId));
  } finally {
    await pool.end();
  }
}

/** A worker does it too, within seconds; done at once, the room is there before the event is seen. */
async function publish(pool: Pool, config: Config, eventId: EventId): Promise<void | "away"> {
  const redis = connectRedis(config.REDIS_URL, createLogger("event", config.LOG_LEVEL));
  const clock = systemClock;
  const seats = createSeatEngine({ redis, clock });
  const publishing = publishingOf({ pool, seats, roomControl: createRoomControl({ redis, clock }) });
  try {
    return await askRedis(() => publishEvent(publishing, eventId), publishWithinMs);
  } finally {
    redis.disconnect();
  }
}

const addressesOf = (url: string, eventId: EventId) =>
  [
    `Event ${eventId} is made.`,
    `  map  ${url}/events/${eventId}/map`,
    `  API  ${url}/v1/events/${eventId}`,
    "",
  ].join("\n");
