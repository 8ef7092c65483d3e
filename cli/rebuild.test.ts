import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../booking-core/events/event.ts";
import { sectionKeys } from "../foundation/redis/keys.ts";
import { testRedisNodes } from "../test/harness/redis.ts";
import { newBuyer, openEvent, openShop, rowsOf, type Shop, standingOf } from "../test/harness/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const script = fileURLToPath(new URL("./onsale.ts", import.meta.url));

async function rebuild(...args: readonly string[]) {
  const env = {
    ...process.env,
    ...{ DATABASE_URL: shop.databaseUrl, REDIS_URL: testRedisNodes().join(","), LOG_LEVEL: "error" },
  };
  const child = spawn(process.execPath, [script, "rebuild", ...args], { env });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output, trouble };
}

async function book(event: OnsaleEvent, quantity: number) {
  const wishes = [{ mode: "best-available", quantity }] as const;
  return shop.bookings.book({ eventId: event.id, wishes, buyer: newBuyer(), idempotencyKey: randomUUID() });
}

async function heldSeats({ id, sections }: OnsaleEvent): Promise<number[]> {
  const counts = await shop.seats.counts(
    id,
    sections.map((section) => section.id),
  );
  return counts.map((count) => count?.held[0] ?? -1);
}

async function liveSeats({ id, sections }: OnsaleEvent): Promise<number[]> {
  const found = await shop.pool.query<{ section_id: string; seats: number }>(
    `select s.section_id, count(*)::int as seats from booking_seats s join bookings b on b.id = s.booking_id
      where b.event_id = $1 and s.live group by 1`,
    [id],
  );
  return sections.map((section) => found.rows.find((row) => row.section_id === section.id)?.seats ?? 0);
}

/** Of each section, when it was built. */
function epochs({ id, sections }: OnsaleEvent): Promise<(number | undefined)[]> {
  return Promise.all(sections.map((section) => shop.seats.epochOf(id, section.id)));
}

test("an event is built anew section by section while it sells, and what was flipped is mended", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(50, 50, 50, 50), standingOf(200)] });
  const [seated] = event.sections;
  await book(event, 4);
  const before = await epochs(event);
  await shop.redis.setrange(sectionKeys(event.id, seated?.id as never).seats, 190, "111");
  let building = true;
  const outcomes: string[] = [];
  const buyers = Array.from({ length: 3 }, async () => {
    while (building && outcomes.length < 150) outcomes.push((await book(event, 1)).outcome);
  });
  const { code, output } = await rebuild(event.id);
  building = false;
  await Promise.all(buyers);
  expect(code).toBe(0);
  expect(output).toMatch(/^1\/2 .*200 seats, \d+ free\n2\/2 .*200 seats, \d+ free\n2 sections built anew/);
  expect(new Set(outcomes)).toEqual(new Set(["booked"]));
  expect(await heldSeats(event)).toEqual(await liveSeats(event));
  for (const [index, epoch] of (await epochs(event)).entries())
    expect(epoch).toBeGreaterThan(before[index] ?? Number.POSITIVE_INFINITY);
});

test("one section alone is built anew", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(5), standingOf(5)] });
  const [, floor] = event.sections;
  const [seatedBefore, floorBefore = Number.POSITIVE_INFINITY] = await epochs(event);
  const { code, output } = await rebuild(event.id, "--section", String(floor?.id));
  expect([code, output.split("\n").length]).toEqual([0, 3]);
  const [seatedAfter, floorAfter] = await epochs(event);
  expect(seatedAfter).toBe(seatedBefore);
  expect(floorAfter).toBeGreaterThan(floorBefore);
});

test.each([["not-an-id"], [randomUUID()]])("what is no event is refused: %s", async (id) => {
  const { code, trouble } = await rebuild(id);
  expect(code).toBe(1);
  expect(trouble).toMatch(/event/);
});
