import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { uuidSource } from "../../foundation/ids.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { openTill, type Till } from "../../test/harness/money.ts";
import { openShop, type Shop } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createEmailCodes } from "./email-codes.ts";
import { sendCode } from "./send-code.ts";
import { createSessions } from "./sessions.ts";

const tokens = createTokens("a secret of the tests, long enough to sign");
const spanMs = 10 * 60_000;
const clock = { nowMs: Date.now(), now: () => clock.nowMs };
let shop: Shop;
let till: Till;
let codes: ReturnType<typeof createEmailCodes>;
let sessions: ReturnType<typeof createSessions>;
beforeAll(async () => {
  shop = await openShop({ work: true });
  till = await openTill(shop);
  codes = createEmailCodes({ ...shop, clock, secret: "a secret of the tests, long enough to sign" });
  sessions = createSessions({ ...shop, clock, tokens, ids: uuidSource, emailCodes: codes });
  await shop.jobs.work("send-code", { concurrency: 2 }, (data) =>
    sendCode({ codes, mailer: till.mailer }, data),
  );
});
afterAll(async () => {
  await till.close();
  await shop.close();
});

const newAddress = () => `${randomUUID()}@onsale.example`;
const codeNow = (address: string) => codes.codeFor(address, Math.floor(clock.nowMs / spanMs)) ?? "";
const wrong = (code: string) => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;

async function mailedCode(address: string): Promise<string> {
  const mail = await waitFor(async () => (await till.mailsTo(address))[0], {
    what: "the e-mail with the code",
  });
  return /^\d{8}$/m.exec(mail.text)?.[0] ?? "";
}

test("whoever answers the code that was sent to an address is its one buyer, on every device", async () => {
  const address = newAddress();
  await sessions.requestCode(` ${address.toUpperCase()}`);
  const code = await mailedCode(address);
  const opened = [
    await sessions.openVerified(address, code),
    await sessions.openVerified(address.toUpperCase(), code, "thumbprint"),
  ];
  const [one, two] = opened.map((session) => {
    if (session.outcome !== "opened") throw new Error(session.outcome);
    return tokens.verify("buyer", session.token);
  });
  const identity = tokens.identityOf(address);
  expect(one).toMatchObject({ identity, email: address, verified: true, role: "buyer" });
  expect(two).toMatchObject({ identity, buyerId: one?.buyerId, cnf: { jkt: "thumbprint" } });
});

test("asked for a code many times in a minute, one e-mail is sent", async () => {
  const [address, other] = [newAddress(), newAddress()];
  for (let round = 0; round < 5; round += 1) await sessions.requestCode(address);
  await sessions.requestCode(other);
  await mailedCode(address);
  await mailedCode(other);
  const left = await shop.pool.query(
    "select count(*)::int as count from pgboss.job where name = 'send-code' and data->>'address' = $1",
    [address],
  );
  // The sixty seconds of pg-boss are those of the clock: the end of one may lie between two of the five.
  expect(left.rows[0]?.count).toBeLessThanOrEqual(2);
});

test("a code is good until the end of the next ten minutes, and not after", async () => {
  const address = newAddress();
  const code = codeNow(address);
  clock.nowMs += spanMs;
  expect(await codes.check(address, code)).toBe("right");
  clock.nowMs += spanMs;
  expect(await codes.check(address, code)).toBe("wrong");
});

test("the code of one address is worth nothing for another", async () => {
  const address = newAddress();
  expect(await sessions.openVerified(newAddress(), codeNow(address))).toEqual({ outcome: "code_wrong" });
});

test.each(["", "1", "123456789", "１２３４５６７８"])("what is no code is wrong: %j", async (code) => {
  expect(await sessions.openVerified(newAddress(), code)).toEqual({ outcome: "code_wrong" });
});

test("guessing ends after five tries, also at once, and even the right code is refused until the next ten minutes", async () => {
  const address = newAddress();
  const guess = wrong(codeNow(address));
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => codes.check(address, guess)));
  expect(outcomes.filter((outcome) => outcome === "wrong")).toHaveLength(5);
  expect(await sessions.openVerified(address, codeNow(address))).toEqual({ outcome: "tries_used" });
  clock.nowMs += spanMs;
  expect(await codes.check(address, codeNow(address))).toBe("right");
});

test("the right code does not use up tries", async () => {
  const address = newAddress();
  for (let round = 0; round < 8; round += 1)
    expect(await codes.check(address, codeNow(address))).toBe("right");
});

test("an e-mail that comes too late for its code is not sent", async () => {
  const address = newAddress();
  const sent: unknown[] = [];
  const send = async (mail: unknown) => {
    sent.push(mail);
    return { outcome: "taken" } as const;
  };
  const mailer = { send, close: () => undefined };
  const span = Math.floor(clock.nowMs / spanMs);
  await sendCode({ codes, mailer }, { address, span: span - 2 });
  expect(sent).toEqual([]);
  await sendCode({ codes, mailer }, { address, span });
  expect(sent).toMatchObject([{ to: address }]);
});
