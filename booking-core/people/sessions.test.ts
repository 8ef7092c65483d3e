import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import { identityChars, uuidSource } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { createPool, type Pool } from "../../foundation/postgres/pool.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { createTestDatabase } from "../../test/harness/database.ts";
import { createAccount, roles } from "./create-account.ts";
import type { EmailCodes } from "./email-codes.ts";
import { hashPassword, isPassword } from "./password.ts";
import { createSessions } from "./sessions.ts";

const tokens = createTokens("a secret of the tests, long enough to sign");
let pool: Pool;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, 2);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const emailCodes = { check: async () => "wrong" } as unknown as EmailCodes;
const open = () => createSessions({ pool, tokens, clock: systemClock, ids: uuidSource, emailCodes });

test("guests with one address are different buyers with a place of their own each, and say so", async () => {
  const [first, second] = [open().openGuest("Ann@Onsale.example"), open().openGuest(" ann@onsale.EXAMPLE ")];
  expect(first.buyerId).not.toBe(second.buyerId);
  const [one, two] = [tokens.verify("buyer", first.token), tokens.verify("buyer", second.token)];
  expect(one).toMatchObject({ email: "ann@onsale.example", guest: true, verified: false, role: "buyer" });
  expect(one?.buyerId).toBe(first.buyerId);
  expect(one?.identity).toHaveLength(identityChars);
  expect(one?.identity).not.toBe(two?.identity);
});

test("an account is the same buyer in every session, and a guest with its address is another identity", async () => {
  await createAccount(pool, uuidSource, {
    email: "Bob@onsale.example",
    password: "correct horse",
    role: "buyer",
  });
  const [first, second] = [
    await open().openAccount("bob@onsale.example", "correct horse"),
    await open().openAccount("BOB@onsale.example", "correct horse"),
  ];
  if (first.outcome !== "opened" || second.outcome !== "opened") throw new Error("refused");
  expect(first.buyerId).toBe(second.buyerId);
  expect(first).toMatchObject({ guest: false, verified: true, role: "buyer" });
  const guest = open().openGuest("bob@onsale.example");
  expect(guest.buyerId).not.toBe(first.buyerId);
  const identities = [first, guest].map((session) => tokens.verify("buyer", session.token)?.identity);
  expect(new Set(identities).size).toBe(2);
});

test.each(roles)("an account's session has its role: %s", async (role) => {
  const email = `${role}@onsale.example`;
  await createAccount(pool, uuidSource, { email, password: "correct horse", role });
  const session = await open().openAccount(email, "correct horse");
  if (session.outcome !== "opened") throw new Error(session.outcome);
  expect(session.role).toBe(role);
  expect(tokens.verify("buyer", session.token)?.role).toBe(role);
});

test("a session that is opened with the key of a device is bound to it", async () => {
  const bound = open().openGuest("ann@onsale.example", "thumbprint");
  expect(tokens.verify("buyer", bound.token)?.cnf).toEqual({ jkt: "thumbprint" });
  const unbound = tokens.verify("buyer", open().openGuest("ann@onsale.example").token);
  expect(unbound).not.toHaveProperty("cnf");
});

test("a wrong password and an unknown address are told apart neither by the answer nor by its time", async () => {
  await createAccount(pool, uuidSource, {
    email: "eve@onsale.example",
    password: "correct horse",
    role: "buyer",
  });
  const sessions = open();
  const time = async (email: string) => {
    const startedAt = performance.now();
    expect(await sessions.openAccount(email, "wrong")).toEqual({ outcome: "credentials_wrong" });
    return performance.now() - startedAt;
  };
  const [known, unknown]: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round += 1) {
    known.push(await time("eve@onsale.example"));
    unknown.push(await time("nobody@onsale.example"));
  }
  // The quickest of each: without the work for nobody it would be a hundred times shorter.
  expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 2);
});

test("an address that has an account keeps it and its password", async () => {
  const account = { email: "kim@onsale.example", password: "first password", role: "buyer" } as const;
  expect(await createAccount(pool, uuidSource, account)).toBe(true);
  expect(await createAccount(pool, uuidSource, { ...account, password: "second password" })).toBe(false);
  expect((await open().openAccount(account.email, "second password")).outcome).toBe("credentials_wrong");
  expect((await open().openAccount(account.email, "first password")).outcome).toBe("opened");
});

test("a hash never repeats and does not hold the password", async () => {
  const [first, second] = await Promise.all([hashPassword("secret words"), hashPassword("secret words")]);
  expect(first).not.toBe(second);
  expect(first).not.toContain("secret words");
  expect(await isPassword("secret words", first)).toBe(true);
  expect(await isPassword("other words", first)).toBe(false);
});

test("a flood of passwords is turned away past its bound, and logging in works again behind it", async () => {
  await createAccount(pool, uuidSource, {
    email: "flo@onsale.example",
    password: "the right one",
    role: "buyer",
  });
  const sessions = open();
  const flood = Array.from({ length: 40 }, () => sessions.openAccount("flo@onsale.example", "wrong"));
  const outcomes = (await Promise.all(flood)).map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === "busy")).toHaveLength(
    40 - limits.people.passwordChecksAtOnce,
  );
  expect((await sessions.openAccount("flo@onsale.example", "the right one")).outcome).toBe("opened");
});
