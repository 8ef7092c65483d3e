import type { Command } from "commander";
import { createKeySeal } from "../booking-core/tickets/key-seal.ts";
import { readKeys, rotateKeys, type StoredKey } from "../booking-core/tickets/stored-keys.ts";
import { createPool, type Pool } from "../foundation/postgres/pool.ts";
import { runningConfig } from "./running-config.ts";

type Options = { data: string };

/** The keys that sign the codes of tickets. */
export function addTicketKeys(program: Command): void {
  const keys = program.command("ticket-keys").description("the keys that sign the codes of tickets");
  const folder = ["--data <folder>", "where `npm start` keeps its data", ".onsale"] as const;
  keys
    .command("list")
    .description("all keys; the newest signs")
    .option(...folder)
    .action((options: Options) => withPool(options, listKeys));
  keys
    .command("rotate")
    .description("make a new key, which signs within ten seconds; what the old ones signed stays good")
    .option("--stolen", "others know the old keys: what they signed is refused from now on", false)
    .option(...folder)
    .action((options: Options & { stolen: boolean }) =>
      withPool(options, (pool, secret) => rotate(pool, secret, options.stolen)),
    );
}

async function withPool(
  { data }: Options,
  work: (pool: Pool, secret: string) => Promise<string | undefined>,
): Promise<void> {
  const config = runningConfig(data, process.env);
  const pool = createPool(config.DATABASE_URL, 1);
  try {
    const trouble = await work(pool, config.TOKEN_SECRET);
    if (trouble === undefined) return;
    process.stderr.write(`${trouble}\n`);
    process.exitCode = 1;
  } finally {
    await pool.end();
  }
}

async function listKeys(pool: Pool): Promise<undefined> {
  const keys = await readKeys(pool);
  if (keys.length === 0)
    process.stdout.write("There is no key yet; the first is made when a ticket is shown.\n");
  for (const key of keys) process.stdout.write(`${describeKey(key, Date.now())}\n`);
}

function describeKey({ id, publicBytes, createdAtMs, endsAtMs }: StoredKey, nowMs: number): string {
  const made = new Date(createdAtMs).toISOString();
  const end = endsAtMs === null ? "" : new Date(endsAtMs).toISOString();
  const state = endsAtMs === null ? "signs" : endsAtMs > nowMs ? `verifies until ${end}` : `ended ${end}`;
  return `${id}  ${publicBytes.toString("base64url")}  made ${made}  ${state}`;
}

async function rotate(pool: Pool, secret: string, isStolen: boolean): Promise<string | undefined> {
  const rotated = await rotateKeys(pool, createKeySeal(secret), isStolen);
  if (rotated.outcome === "keys_used_up") return "There were 255 keys, and the code has no room for more.";
  const old = isStolen ? "What the old ones signed is refused now." : "What the old ones signed stays good.";
  process.stdout.write(`Key ${rotated.keyId} signs within ten seconds. ${old}\n`);
  return undefined;
}
