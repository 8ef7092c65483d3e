import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isPassword } from "../booking-core/people/password.ts";
import { createPool, type Pool } from "../foundation/postgres/pool.ts";
import { createTestDatabase } from "../test/harness/database.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 1);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const script = fileURLToPath(new URL("./onsale.ts", import.meta.url));

async function onsale(
  args: readonly string[],
  input = "",
): Promise<{ code: number | null; output: string; trouble: string }> {
  const environment = { ...process.env, DATABASE_URL: database.url, REDIS_URL: "redis://127.0.0.1:1" };
  const child = spawn(process.execPath, [script, "account", "create", ...args], { env: environment });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin.end(input);
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output, trouble };
}

async function personOf(email: string) {
  const found = await pool.query<{ role: string; password_hash: string }>(
    "select * from people where email = $1",
    [email],
  );
  return found.rows[0];
}

test("an operator's account is made with a password that is printed once and works", async () => {
  const { code, output } = await onsale(["Ada@onsale.example", "--role", "admin"]);
  expect(code).toBe(0);
  const password = /password (\S+)/.exec(output)?.[1] ?? "";
  const person = await personOf("ada@onsale.example");
  expect(person?.role).toBe("admin");
  expect(await isPassword(password, person?.password_hash)).toBe(true);
});

test("a password that is piped in is taken as it is and never printed", async () => {
  const { code, output } = await onsale(["eve@onsale.example", "--password-stdin"], "a secret phrase\n");
  expect(code).toBe(0);
  expect(output).not.toContain("secret");
  const person = await personOf("eve@onsale.example");
  expect(person?.role).toBe("buyer");
  expect(await isPassword("a secret phrase", person?.password_hash)).toBe(true);
});

test("an account that is there stays as it is, and the command says so", async () => {
  await onsale(["kim@onsale.example", "--password-stdin"], "the first one");
  const again = await onsale(["kim@onsale.example", "--role", "admin"]);
  expect(again).toMatchObject({ code: 1, trouble: expect.stringContaining("has an account already") });
  const person = await personOf("kim@onsale.example");
  expect(person?.role).toBe("buyer");
  expect(await isPassword("the first one", person?.password_hash)).toBe(true);
});

test.each([
  [["nobody"], "", "no e-mail address"],
  [["bob@onsale.example", "--password-stdin"], "short\n", "too short"],
  [["bob@onsale.example", "--role", "king"], "", "buyer, organiser, admin"],
])("what cannot be an account is refused: %j", async (args, input, sentence) => {
  expect(await onsale(args, input)).toMatchObject({ code: 1, trouble: expect.stringContaining(sentence) });
  expect(await personOf("bob@onsale.example")).toBeUndefined();
});
