import { type Command, InvalidArgumentError } from "commander";
import { type AccountKind, accountKinds } from "../booking-core/ledger/accounts.ts";
import { readBalances } from "../booking-core/ledger/balances.ts";
import { trialBalance } from "../booking-core/ledger/trial-balance.ts";
import { type Money } from "../foundation/money.ts";
import { createPool, type Pool } from "../foundation/postgres/pool.ts";
import { runningConfig } from "./running-config.ts";

type BalanceOptions = { kind?: AccountKind; party?: string; limit: number; data: string };

const shownUsually = 50;
const shownMost = 10_000;
const dataOption = ["--data <folder>", "where `npm start` keeps its data", ".onsale"] as const;

export function addLedger(program: Command): void {
  const ledger = program
    .command("ledger")
    .description("what the books say; amounts in minor units, minus is owed");
  ledger
    .command("balance")
    .description("what accounts hold, those with the greatest amounts first")
    .option("--kind <kind>", `one of ${accountKinds.join(", ")}`, parseKind)
    .option("--party <party>", "a provider's name, an event, a buyer, a booking or a payment")
    .option("--limit <count>", "the most accounts that are shown", parseCount, shownUsually)
    .option(...dataOption)
    .action((options: BalanceOptions) => onDatabase(options, (pool) => showBalances(pool, options)));
  ledger
    .command("trial")
    .description("what all accounts of each kind hold; exits 1 where a currency does not sum to zero")
    .option(...dataOption)
    .action((options: { data: string }) => onDatabase(options, showTrial));
}

function parseKind(text: string): AccountKind {
  const kind = accountKinds.find((known) => known === text);
  if (kind === undefined) throw new InvalidArgumentError(`It is one of ${accountKinds.join(", ")}.`);
  return kind;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > shownMost)
    throw new InvalidArgumentError(`It is a whole number up to ${shownMost}.`);
  return count;
}

async function onDatabase({ data }: { data: string }, show: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = createPool(runningConfig(data, process.env).DATABASE_URL, 1);
  try {
    await show(pool);
  } finally {
    await pool.end();
  }
}

async function showBalances(pool: Pool, { kind, party, limit }: BalanceOptions): Promise<void> {
  const filter = { ...(kind && { kinds: [kind] }), ...(party !== undefined && { party }), limit };
  const found = await readBalances(pool, filter);
  if (found.length === 0) process.stderr.write("The books have no such account.\n");
  for (const { balanceMinor, currency, ...account } of found)
    print(`${account.kind} ${account.party}`, { amountMinor: balanceMinor, currency });
}

async function showTrial(pool: Pool): Promise<void> {
  const balances = await trialBalance(pool);
  for (const [currency, ofCurrency] of Map.groupBy(balances, (balance) => balance.currency)) {
    for (const { kind, balanceMinor } of ofCurrency) print(kind, { amountMinor: balanceMinor, currency });
    const amountMinor = ofCurrency.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0n);
    print("total", { amountMinor, currency });
    if (amountMinor !== 0n) process.exitCode = 1;
  }
}

function print(what: string, { amountMinor, currency }: Money): void {
  process.stdout.write(`${String(amountMinor).padStart(20)} ${currency}  ${what}\n`);
}
