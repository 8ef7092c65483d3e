import { randomUUID } from "node:crypto";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTokens, type TokenClaims } from "../../foundation/tokens.ts";
import { waitFor } from "../harness/wait-for.ts";
import { ask, type Buyer, join, openGuest, openSession, places, standingOf } from "./attacker.ts";
import { type AttackedSite, type MailsTo, startSite } from "./site.ts";

let site: AttackedSite;
let gateway: string;
let mailsTo: MailsTo;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
  mailsTo = await site.catchMails();
});
afterAll(() => site.close());

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const urlOf = (index: number) => site.gateways[index % 2] as string;

/** The same token with other claims: under the old signature, under none, and signed with another secret. */
function forgeries({ token }: Buyer, changes: Partial<TokenClaims["buyer"]>): string[] {
  const [head = "", , mac = ""] = token.split(".");
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const {
    iat: _,
    exp,
    iss: __,
    aud: ___,
    ...claims
  } = jwt.decode(token) as TokenClaims["buyer"] & Record<string, unknown>;
  const other = { ...(claims as TokenClaims["buyer"]), ...changes };
  const body = encode({ ...(jwt.decode(token) as object), ...changes });
  return [
    `${head}.${body}.${mac}`,
    `${encode({ alg: "none", typ: "JWT" })}.${body}.`,
    createTokens("t".repeat(40)).sign("buyer", other, Number(exp) * 1_000),
  ];
}

async function mailedCode(address: string): Promise<string> {
  expect((await ask(gateway, "/v1/email-codes", { body: { email: address } })).status).toBe(202);
  const mail = await waitFor(async () => (await mailsTo(address))[0], { what: "the code" });
  return /\b\d{8}\b/.exec(mail.text)?.[0] ?? "";
}

test("a room for verified buyers takes no guest, whatever the guest says; the owner of an address has one place", async () => {
  const event = await site.openEvent({ identities: "verified", paused: true });
  const address = `${randomUUID()}@onsale.example`;
  const guest = await openSession(gateway, { email: address });
  for (const url of site.gateways) {
    expect(await join(url, event, guest)).toMatchObject({ status: 403, code: "identity_unverified" });
    for (const token of forgeries(guest, { verified: true, guest: false }))
      expect(await join(url, event, { ...guest, token })).toMatchObject({
        status: 401,
        code: "token_invalid",
      });
  }
  expect((await standingOf(gateway, event, guest)).code).toBe("place_missing");
  const code = await mailedCode(address);
  const devices = [
    await openSession(gateway, { email: address, code }),
    await openSession(urlOf(1), { email: address.toUpperCase(), code }),
  ];
  const joined = await Promise.all(
    times(8).map((index) => join(urlOf(index), event, devices[index % 2] as Buyer)),
  );
  expect(joined.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(new Set(joined.map(({ body }) => body.standing.number))).toEqual(new Set([1]));
  const account = await openSession(gateway, await site.openAccount("buyer"));
  expect((await join(gateway, event, account)).body.standing.number).toBe(2);
});

test("five wrong codes, also at once and at both gateways, end the tries of an address; others are not touched", async () => {
  const [victim, honest] = [`${randomUUID()}@onsale.example`, `${randomUUID()}@onsale.example`];
  const [code, honestCode] = await Promise.all([mailedCode(victim), mailedCode(honest)]);
  const guess = (index: number) => {
    const wrong = String((Number(code) + 1 + index) % 100_000_000).padStart(8, "0");
    return ask(urlOf(index), "/v1/sessions", { body: { email: victim, code: wrong } });
  };
  const answers = await Promise.all(times(20).map(guess));
  expect(answers.filter((answer) => answer.code === "credentials_wrong")).toHaveLength(5);
  expect(answers.filter((answer) => answer.code === "too_many_requests")).toHaveLength(15);
  const late = await ask(gateway, "/v1/sessions", { body: { email: victim, code } });
  expect(late).toMatchObject({ status: 429, code: "too_many_requests" });
  expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(1);
  expect(
    (await ask(gateway, "/v1/sessions", { body: { email: honest, code: honestCode } })).body,
  ).toMatchObject({
    verified: true,
  });
});

test("another's code opens nothing", async () => {
  const [mine, theirs] = [`${randomUUID()}@onsale.example`, `${randomUUID()}@onsale.example`];
  const code = await mailedCode(mine);
  const tried = await ask(gateway, "/v1/sessions", { body: { email: theirs, code } });
  expect(tried).toMatchObject({ status: 401, code: "credentials_wrong" });
  expect((await ask(gateway, "/v1/sessions", { body: { email: mine, code } })).status).toBe(201);
});

test("the operator's routes answer nobody without the right, whatever the token says", async () => {
  const event = await site.openEvent({ paused: true });
  const operator = await openSession(gateway, await site.openAccount("organiser"));
  const [guest, buyer] = [
    await openGuest(gateway),
    await openSession(gateway, await site.openAccount("buyer")),
  ];
  const admin = `/v1/admin/events/${event.id}`;
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  const attempts: [path: string, asked: { method: string; body?: unknown }][] = [
    [`${admin}/room`, { method: "GET" }],
    [`${admin}/room`, { method: "PATCH", body: { paused: false } }],
    [`${admin}/room/codes`, { method: "POST", body: { lane: "general", kind: "single", endsAt, count: 1 } }],
    [`${admin}/places/${"A".repeat(22)}`, { method: "DELETE" }],
    [`${admin}/audit`, { method: "GET" }],
    [`${admin}/draw/beacon`, { method: "POST", body: { source: "the sun" } }],
  ];
  for (const [path, asked] of attempts) {
    expect(await ask(gateway, path, asked), path).toMatchObject({ status: 401, code: "token_missing" });
    for (const { token } of [guest, buyer])
      expect(await ask(gateway, path, { ...asked, token }), path).toMatchObject({
        status: 403,
        code: "forbidden",
      });
    for (const token of forgeries(guest, { role: "admin", guest: false, verified: true }))
      expect(await ask(gateway, path, { ...asked, token }), path).toMatchObject({ status: 401 });
  }
  const room = await ask(gateway, `${admin}/room`, operator);
  expect(room).toMatchObject({ status: 200, body: { settings: { paused: true } } });
  expect(
    (await ask(gateway, `${admin}/room`, { ...operator, method: "PATCH", body: { cap: 7 } })).status,
  ).toBe(200);
  const { body } = await ask(gateway, `${admin}/audit`, operator);
  expect(body["entries"]).toMatchObject([{ action: "room_changed", after: { cap: 7 } }]);
});

async function laneCodes(eventId: string, count: number): Promise<readonly string[]> {
  const operator = await openSession(gateway, await site.openAccount("organiser"));
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  const body = { lane: "presale", kind: "single", endsAt, count };
  const made = await ask(gateway, `/v1/admin/events/${eventId}/room/codes`, { ...operator, body });
  expect(made.status).toBe(201);
  return made.body.codes;
}

const lanes = [
  { name: "general", weight: 1 },
  { name: "presale", weight: 3 },
];

test("a code of one use that twenty buyers use at once gives one place in its lane", async () => {
  const event = await site.openEvent({ lanes, paused: true });
  const [code, spare] = await laneCodes(event.id, 2);
  const buyers = await Promise.all(times(20).map(() => openGuest(gateway)));
  const answers = await Promise.all(buyers.map((buyer, index) => join(urlOf(index), event, buyer, { code })));
  const joined = answers.filter(({ status }) => status === 201);
  expect(joined.map(({ body }) => body.standing.lane)).toEqual(["presale"]);
  expect(answers.filter((answer) => answer.code === "code_spent")).toHaveLength(19);
  const late = await openGuest(gateway);
  expect((await join(gateway, event, late, { code: spare })).body.standing).toMatchObject({
    lane: "presale",
    number: 2,
  });
});

test("codes of lanes are guessed by one address no more than twenty times a minute; others join on", async () => {
  const event = await site.openEvent({ lanes, paused: true });
  const elsewhere = await site.openEvent({ lanes, paused: true });
  const [[code], [foreign]] = [await laneCodes(event.id, 1), await laneCodes(elsewhere.id, 1)];
  const limited = await site.startGateway({ RATE_PER_ADDRESS: "1", TRUSTED_PROXIES: "1" });
  const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
  const guests = await Promise.all(times(40).map(() => openGuest(gateway)));
  const guesses = await Promise.all(
    guests.map((guest, index) => {
      const guess = index === 0 ? foreign : `GUESS${index}`;
      return ask(limited, places(event), { ...guest, ...from("198.51.100.7"), body: { code: guess } });
    }),
  );
  const wrong = guesses.filter((answer) => answer.code === "code_wrong").length;
  expect(wrong).toBeGreaterThanOrEqual(20);
  expect(wrong).toBeLessThanOrEqual(30);
  expect(guesses.filter(({ status }) => status === 429)).toHaveLength(40 - wrong);
  const [guesser, neighbour, owner] = guests as [Buyer, Buyer, Buyer];
  const right = { body: { code } };
  expect((await ask(limited, places(event), { ...guesser, ...from("198.51.100.7"), ...right })).status).toBe(
    429,
  );
  const general = await ask(limited, places(event), { ...neighbour, ...from("198.51.100.7"), body: {} });
  expect(general).toMatchObject({ status: 201, body: { standing: { lane: "general" } } });
  const ours = await ask(limited, places(event), { ...owner, ...from("198.51.100.8"), ...right });
  expect(ours).toMatchObject({ status: 201, body: { standing: { lane: "presale" } } });
});
