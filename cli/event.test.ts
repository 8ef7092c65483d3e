import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAudit } from "../booking-core/rooms/audit.ts";
import { systemClock } from "../foundation/clock.ts";
import type { EventId } from "../foundation/ids.ts";
import { createRoomControl } from "../queue-admission/room-control.ts";
import { testRedisNodes } from "../test/harness/redis.ts";
import { best, bookNow, bookRequest, openShop, type Shop } from "../test/harness/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const script = fileURLToPath(new URL("./onsale.ts", import.meta.url));
const exampleFile = fileURLToPath(new URL("../examples/first-event.json", import.meta.url));

type Json = Record<string, unknown>;
type Draft = Json & { sections: (Json & { rows: Json[]; offers: Json[] })[]; sales: Json };

/** The example, changed. */
function changed(change: (draft: Draft) => void): string {
  const draft = JSON.parse(readFileSync(exampleFile, "utf8")) as Draft;
  change(draft);
  return JSON.stringify(draft);
}

async function create(args: readonly string[], said = "", servers: Readonly<Record<string, string>> = {}) {
  const env = {
    ...process.env,
    ...{ DATABASE_URL: shop.databaseUrl, REDIS_URL: testRedisNodes().join(","), LOG_LEVEL: "silent" },
    ...{ PUBLIC_URL: "https://tickets.example", ...servers },
  };
  const child = spawn(process.execPath, [script, "event", "create", ...args], { env });
  child.stdin.end(said);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const eventId = /^Event (\S+) is made\.$/m.exec(output)?.[1] as EventId | undefined;
  return { code: await ended, output, trouble, eventId };
}

/** What the file of this title made. */
async function made(title: string, said: string) {
  const { eventId, ...told } = await create(["-"], said);
  if (eventId === undefined) throw new Error(`${title}: ${told.trouble}`);
  return eventId;
}

async function rowsMade() {
  const tables = ["venues", "seating_plans", "events", "rooms", "sections", "offers", "audit_log"];
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  return (await shop.pool.query<Record<string, number>>(`select ${counts.join(", ")}`)).rows[0];
}

/** As it is shown, once a worker has seen it. */
async function shown(eventId: EventId) {
  await shop.publishChanges();
  await expect.poll(() => shop.catalogue.find(eventId), { timeout: 2_000 }).toBeDefined();
  const event = await shop.catalogue.find(eventId);
  if (event === undefined) throw new Error("it was shown a moment ago");
  return event;
}

describe("the example of the documents", () => {
  test("is an event that a buyer books in, with its room, its rules and its prices", async () => {
    const { code, output, trouble, eventId } = await create([exampleFile]);
    expect({ code, trouble }).toEqual({ code: 0, trouble: "" });
    expect(output).toContain(`https://tickets.example/events/${eventId}/map`);
    expect(output).toContain(`https://tickets.example/v1/events/${eventId}`);
    const event = await shown(eventId as EventId);
    expect(event).toMatchObject({
      venue: { name: "Riverside Hall", city: "Bremen" },
      rules: { mostPerIdentity: 6, allowsSingles: false, extensionMs: 300_000 },
      refundPolicy: { untilMs: 604_800_000, shareBasisPoints: 10_000, feesToo: false, seatsReturn: true },
      sections: [
        { name: "Stalls", capacity: 60, offers: [{ category: "Front" }, { category: "Back" }] },
        { name: "Floor", capacity: 100, offers: [{ category: "Standing" }] },
      ],
    });
    const wish = best(2, { accessible: 1 });
    const seated = await bookNow(shop, bookRequest(event, wish));
    expect(seated).toMatchObject({ total: { amountMinor: 8_300n, currency: "EUR" } });
    const standing = await bookNow(shop, bookRequest(event, best(3), { section: 1 }));
    expect(standing).toMatchObject({ total: { amountMinor: 9_450n, currency: "EUR" } });
  });

  test("has its room in Redis before any worker looks, and an entry in the audit log", async () => {
    const eventId = await made(
      "a room",
      changed((draft) => (draft["title"] = "A room")),
    );
    const { isThere } = createRoomControl({ redis: shop.redis, clock: systemClock });
    expect(await isThere(eventId)).toBe(true);
    expect(await readAudit(shop.pool, eventId, 10)).toMatchObject([
      {
        ...{ action: "event_created", actor: { id: null, email: "command line" }, before: null },
        after: { title: "A room", currency: "EUR", sections: [{ name: "Stalls" }, { name: "Floor" }] },
      },
    ]);
  });

  test("is only looked at with --check, also where no system runs", async () => {
    const before = await rowsMade();
    const nowhere = { DATABASE_URL: "", REDIS_URL: "" };
    const { code, output } = await create([exampleFile, "--check"], "", nowhere);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("nothing was made") });
    expect(output).toContain("Stalls: 60 seated; Front €57.50, Back €41.50");
    expect(await rowsMade()).toEqual(before);
  });
});

test("what is not said is usual: on sale from now on until it begins, in a room that is open", async () => {
  const startsAt = new Date(Date.now() + 86_400_000).toISOString();
  const offers = [{ category: "all", face: "1,500" }];
  const small = {
    ...{ venue: { name: "Hall", city: "Kobe" }, seatingPlan: "small", title: "Small", startsAt },
    ...{ currency: "JPY", sections: [{ name: "Floor", kind: "standing", capacity: 5, offers }] },
  };
  const event = await shown(await made("small", `\uFEFF${JSON.stringify(small)}`));
  expect(event).toMatchObject({ description: "", refundPolicy: null, paymentWindowMs: 900_000 });
  const booking = await bookNow(shop, bookRequest(event, best(5)));
  expect(booking).toMatchObject({ total: { amountMinor: 7_500n, currency: "JPY" } });
  const room = "select settings from rooms where event_id = $1";
  const { rows } = await shop.pool.query<{ settings: { opensAtMs: number } }>(room, [event.id]);
  expect(rows[0]?.settings.opensAtMs).toBeLessThan(Date.now());
});

test("a pool of the file opens with its code, which stands nowhere", async () => {
  const file = changed((draft) => {
    draft["title"] = "With a pool";
    draft["pools"] = [{ letter: "A", name: "artists", code: "open-sesame" }];
    draft.sections[0]?.rows.push({ label: "F", seats: "AA", category: "Back" });
  });
  const event = await shown(await made("pool", file));
  const booking = await bookNow(shop, bookRequest(event, best(2), { code: "open-sesame" }));
  expect(booking.seats).toHaveLength(2);
  const stored = await shop.pool.query(
    "select to_jsonb(e) as event, (select jsonb_agg(a) from audit_log a) as audit from events e",
  );
  expect(JSON.stringify(stored.rows)).not.toMatch(/sesame/i);
});

describe("the same file again", () => {
  test("is refused with the id of the event that is there, until that one is called off", async () => {
    const file = changed((draft) => (draft["title"] = "Once"));
    const eventId = await made("once", file);
    const before = await rowsMade();
    const again = await create(["-"], file);
    expect(again).toMatchObject({ code: 1, trouble: expect.stringContaining(eventId) });
    expect(again.trouble).toContain("Nothing was made");
    expect(await rowsMade()).toEqual(before);
    await shop.pool.query("update events set status = 'cancelled' where id = $1", [eventId]);
    expect(await made("once", file)).not.toBe(eventId);
  });

  test("makes one event also in the same moment, and another evening is at the same venue", async () => {
    const file = changed((draft) => (draft["title"] = "Two hands"));
    const both = await Promise.all([create(["-"], file), create(["-"], file)]);
    expect(both.filter(({ code }) => code === 0)).toHaveLength(1);
    expect(both.filter(({ trouble }) => trouble.includes("Nothing was made"))).toHaveLength(1);
    const venues = async () => (await rowsMade())?.["venues"];
    const before = await venues();
    await made(
      "the next evening",
      changed((draft) => (draft["title"] = "The next evening")),
    );
    expect(await venues()).toBe(before);
  });
});

test("an event is made while Redis is away, and it is said that buyers come in later", async () => {
  const file = changed((draft) => (draft["title"] = "Without Redis"));
  const { code, trouble, eventId } = await create(["-"], file, { REDIS_URL: "redis://127.0.0.1:1" });
  expect({ code, trouble }).toMatchObject({ code: 0, trouble: expect.stringContaining("Redis") });
  expect(await shown(eventId as EventId)).toMatchObject({ title: "Without Redis" });
});

describe("of a wrong file nothing is made:", () => {
  test("all that is wrong is said, a line each", async () => {
    const before = await rowsMade();
    const wrong = changed((draft) => Object.assign(draft, { colour: "red", title: undefined }));
    expect(await create(["-"], wrong)).toMatchObject({
      ...{ code: 1, output: "" },
      trouble: expect.stringMatching(/^title: is missing.*\ncolour: is not known.*\nNothing was made\.\n$/),
    });
    const meant = changed((draft) => Object.assign(draft.sections[1] ?? {}, { name: "Stalls", capacity: 0 }));
    expect(await create(["-"], meant)).toMatchObject({
      ...{ code: 1, output: "" },
      trouble: expect.stringMatching(/^sections\[1\]\.name: .*\nsections\[1\]: .*\nNothing was made\.\n$/),
    });
    expect(await rowsMade()).toEqual(before);
  });

  test.each([
    ["no JSON", ["-"], "The standard input is no JSON: "],
    ["no such file", ["no-such-file.json"], "no-such-file.json is not there: name a file"],
    ["a folder", ["."], ". cannot be read: "],
  ])("%s", async (_, args, sentence) => {
    const before = await rowsMade();
    expect(await create(args, "{ title: 1 }")).toMatchObject({
      ...{ code: 1, output: "", trouble: expect.stringContaining(sentence) },
    });
    expect(await rowsMade()).toEqual(before);
  });
});
