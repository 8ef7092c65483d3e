import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createKeySeal } from "../booking-core/tickets/key-seal.ts";
import { openPrivateKey, readKeys } from "../booking-core/tickets/stored-keys.ts";
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
const secret = "a secret of the tests, thirty-two characters";

async function ticketKeys(
  ...args: string[]
): Promise<{ code: number | null; output: string; trouble: string }> {
  const env = {
    ...process.env,
    DATABASE_URL: database.url,
    REDIS_URL: "redis://127.0.0.1:1",
    TOKEN_SECRET: secret,
  };
  const child = spawn(process.execPath, [script, "ticket-keys", ...args], { env });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output, trouble };
}

test("keys are listed and rotated from a shell, and the new one opens with the system's secret", async () => {
  expect((await ticketKeys("list")).output).toContain("There is no key yet");
  expect(await ticketKeys("rotate")).toMatchObject({
    code: 0,
    output: expect.stringContaining("Key 1 signs"),
  });
  await ticketKeys("rotate");
  const listed = (await ticketKeys("list")).output.trim().split("\n");
  expect(listed).toEqual([
    expect.stringMatching(/^1 {2}[\w-]{43} {2}made .+ verifies until /),
    expect.stringMatching(/^2 {2}[\w-]{43} {2}made .+ signs$/),
  ]);
  const stored = (await readKeys(pool))[1];
  expect(stored && openPrivateKey(stored, createKeySeal(secret))).toBeDefined();
  expect(listed.join()).not.toContain(stored?.sealed.toString("base64url"));
});

test("stolen keys end at once", async () => {
  expect((await ticketKeys("rotate", "--stolen")).output).toContain("is refused now");
  expect((await ticketKeys("list")).output.match(/ended/g)).toHaveLength(2);
});

test("after 255 keys the command says so and fails", async () => {
  await pool.query("insert into ticket_keys (id, public_key, sealed_private_key) values (255, $1, '')", [
    Buffer.alloc(32, 1),
  ]);
  expect(await ticketKeys("rotate")).toMatchObject({ code: 1, trouble: expect.stringContaining("255 keys") });
});
