import { randomBytes } from "node:crypto";
import type { Claim } from "../../booking-core/seats/claim.ts";
import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { systemClock } from "../../foundation/clock.ts";
import type { BookingId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { readContracts } from "../../lua/contract.ts";
import type { ScriptCall } from "../bench/redis-benchmark.ts";
import { newClaim, type Place } from "./claim-call.ts";

/**
 * redis-benchmark puts twelve digits in the place of each word: together as long as a booking's id. Its numbers are the
 * same again where the time and its process' number happen to fit, so the beginning is new each time.
 */
function randomBookingId(): BookingId {
  return `${randomBytes(6).toString("hex")}${"__rand_int__".repeat(2)}` as BookingId;
}
/** In the place of the last twelve digits of a section's id. */
const randomSection = "__rand_int__";

export type ClaimScript = { readonly source: string; readonly call: Omit<ScriptCall, "sha"> };

/**
 * What the engine sends for one claim, with another booking each time that it is sent. redis-benchmark can send no
 * zero bytes, and the claim has some around the booking's id: one more line at the head of the script puts them there.
 */
export async function claimScriptOf(section: Place, quantity: number): Promise<ClaimScript> {
  const bookingId = randomBookingId();
  const { keys, args } = await recordedClaim(newClaim(section, quantity, bookingId));
  const place = args.findIndex((text) => text.includes(bookingId));
  const [before = "", after = ""] = args[place]?.split(bookingId) ?? [];
  const mend = `ARGV[${place + 1}] = ${luaText(before)} .. ARGV[${place + 1}] .. ${luaText(after)}`;
  return { source: withHead(claimSource(), mend), call: { keys, args: args.with(place, bookingId) } };
}

/**
 * The same, each time of another one of the sections whose ids differ from this one's in their last digits.
 * redis-benchmark puts a number of its own in each place, so only one key is sent, and a line at the head of the
 * script makes the others of it; Redis allows that, as they are of the same slot. It costs
 * what it spares: in one section a claim took Redis at least 35.2 µs with all keys sent, and 34.5 with one.
 */
export async function claimScriptOfAll(section: Place, quantity: number): Promise<ClaimScript> {
  const { source, call } = await claimScriptOf(section, quantity);
  const [first = "", ...others] = call.keys;
  const base = first.slice(0, first.lastIndexOf(":"));
  const made = others.map((key, at) => `KEYS[${at + 2}] = base .. "${restOf(key, base)}"`).join(" ");
  const derive = `do local base = string.sub(KEYS[1], 1, ${base.length}) ${made} end`;
  const digits = section.id.slice(-randomSection.length);
  const sent = { keys: [first.replace(digits, randomSection)], args: call.args };
  return { source: withHead(source, derive), call: sent };
}

function restOf(key: string, base: string): string {
  if (!key.startsWith(base)) throw new Error(`the key ${key} does not begin with ${base}`);
  return key.slice(base.length);
}

function claimSource(): string {
  const contract = readContracts().find(({ functionName }) => functionName === "seatsClaim");
  if (contract === undefined) throw new Error("there is no script for claims");
  return contract.source;
}

/** Below `#!lua`, which has to be the first. */
function withHead(source: string, line: string): string {
  const [shebang = "", ...lines] = source.split("\n");
  return [shebang, line, ...lines].join("\n");
}

async function recordedClaim(claim: Claim): Promise<ClaimScript["call"]> {
  const { promise, resolve } = Promise.withResolvers<ClaimScript["call"]>();
  const evalsha = (_sha: string, count: number, ...words: (string | number)[]) => {
    const texts = words.map(String);
    resolve({ keys: texts.slice(0, count), args: texts.slice(count) });
    return Promise.resolve("section_missing");
  };
  const recorder = createSeatEngine({ redis: { evalsha } as unknown as Redis, clock: systemClock });
  const [call] = await Promise.all([promise, recorder.claim(claim)]);
  return call;
}

function luaText(text: string): string {
  const escaped = [...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, "0")}`);
  return `"${escaped.join("")}"`;
}
