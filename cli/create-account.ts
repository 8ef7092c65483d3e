import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { InvalidArgumentError } from "commander";
import { createAccount, type Role, roles } from "../booking-core/people/create-account.ts";
import { addressProblems, readAddress } from "../booking-core/people/email-address.ts";
import { uuidSource } from "../foundation/ids.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { runningConfig } from "./running-config.ts";

export type AccountOptions = {
  readonly role: Role;
  readonly passwordStdin: boolean;
  readonly data: string;
};

const passwordCharsLeast = 8;

export function parseRole(text: string): Role {
  const role = roles.find((known) => known === text);
  if (role === undefined) throw new InvalidArgumentError(`It is one of ${roles.join(", ")}.`);
  return role;
}

/** A password that is not given is made and shown here alone: only its hash is kept. */
export async function runCreateAccount(email: string, options: AccountOptions): Promise<void> {
  const { role } = options;
  const given = options.passwordStdin ? (await text(process.stdin)).replace(/\r?\n$/, "") : undefined;
  const refusal = refusalOf(email, given);
  if (refusal !== undefined) return refuse(refusal);
  const password = given ?? randomBytes(15).toString("base64url");
  const pool = createPool(runningConfig(options.data, process.env).DATABASE_URL, 1);
  try {
    const created = await createAccount(pool, uuidSource, { email, password, role });
    if (!created) return refuse(`${email} has an account already; it stays as it is.`);
    const shown = given === undefined ? `, with the password ${password}` : "";
    process.stdout.write(`${email} is ${role} now${shown}\n`);
  } finally {
    await pool.end();
  }
}

function refusalOf(email: string, password: string | undefined): string | undefined {
  const read = readAddress(email);
  if (read.outcome !== "address") return `${email} ${addressProblems[read.outcome]}.`;
  if (password !== undefined && password.length < passwordCharsLeast)
    return `The password is too short: at least ${passwordCharsLeast} characters.`;
  return undefined;
}

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
