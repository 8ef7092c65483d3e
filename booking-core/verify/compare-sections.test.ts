import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { newBuyer, openEvent, openShop, rowsOf, type Shop, standingOf } from "../../test/harness/shop.ts";
import type { OnsaleEvent, Section } from "../events/event.ts";
import { createComparison } from "./compare-sections.ts";
import { createComparisonLease } from "./comparison-lease.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const sectionOf = (event: OnsaleEvent) => event.sections[0] as Section;
const keysOf = (event: OnsaleEvent) => sectionKeys(event.id, sectionOf(event).id);
const snapshotOf = (event: OnsaleEvent) => shop.seats.snapshot(event.id, sectionOf(event).id);

async function book(event: OnsaleEvent, quantity: number) {
  const wishes = [{ mode: "best-available", quantity }] as const;
  const outcome = await shop.bookings.book({
    ...{ eventId: event.id, wishes, buyer: newBuyer(), idempotencyKey: randomUUID() },
  });
  if (outcome.outcome !== "booked") throw new Error(outcome.outcome);
  return outcome.booking;
}

/** A comparison of these events alone, whose clock the test moves. */
function comparisonOf(...events: OnsaleEvent[]) {
  let aheadMs = 0;
  const warnings: unknown[] = [];
  const parts = {
    ...shop,
    clock: { now: () => Date.now() + aheadMs },
    logger: { warn: (what: unknown) => warnings.push(what) } as never,
    catalogue: { ...shop.catalogue, list: async () => events },
    lease: { take: async () => true },
  };
  const step = createComparison(parts);
  const laterStep = async () => {
    aheadMs += 6_500;
    await step();
  };
  return { step, laterStep, warnings };
}

describe("a section in Redis that differs from Postgres is mended", () => {
  test("where a free seat was flipped by hand, at the second look and not at the first", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(10)] });
    await book(event, 2);
    const before = (await snapshotOf(event))?.seats ?? "";
    const seat = before.indexOf("0");
    await shop.redis.setrange(keysOf(event).seats, seat, "1");
    const { step, laterStep, warnings } = comparisonOf(event);
    await step();
    await step();
    expect((await snapshotOf(event))?.seats).not.toBe(before);
    await laterStep();
    expect((await snapshotOf(event))?.seats).toBe(before);
    expect(warnings).toMatchObject([{ sectionId: sectionOf(event).id }]);
  });

  test("where Redis gives out a booked seat as free", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(4)] });
    const booking = await book(event, 4);
    await shop.seats.release(event.id, sectionOf(event).id, [booking.id]);
    const { step, laterStep } = comparisonOf(event);
    await step();
    await laterStep();
    expect((await snapshotOf(event))?.seats).toBe("1111");
  });

  test("where a standing section has lost places", async () => {
    const event = await openEvent(shop, { sections: [standingOf(10)] });
    await book(event, 3);
    await shop.redis.hset(keysOf(event).meta, "free", "5");
    const { step, laterStep } = comparisonOf(event);
    await step();
    await laterStep();
    expect(await snapshotOf(event)).toMatchObject({ free: [7], held: [3] });
  });

  test("where the section is gone", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(4)] });
    await book(event, 1);
    await shop.redis.del(keysOf(event).meta, keysOf(event).seats);
    const { step, laterStep } = comparisonOf(event);
    await step();
    await laterStep();
    expect((await snapshotOf(event))?.seats.replaceAll("0", "")).toBe("1");
  });
});

describe("what is only under way is no difference", () => {
  test.each([
    ["seated", rowsOf(50, 50, 50, 50)],
    ["standing", standingOf(200)],
  ])("a %s section that sells is never built anew", async (_, section) => {
    const event = await openEvent(shop, { sections: [section] });
    const epoch = (await snapshotOf(event))?.epoch;
    const { step, laterStep, warnings } = comparisonOf(event);
    let comparing = true;
    const buyers = Array.from({ length: 4 }, async () => {
      for (let sold = 0; comparing && sold < 50; sold += 1) await book(event, 1);
    });
    // No further ahead than a hold may be on its way.
    for (let look = 0; look < 8; look += 1) {
      await step();
      await laterStep();
    }
    comparing = false;
    await Promise.all(buyers);
    expect(warnings).toEqual([]);
    expect((await snapshotOf(event))?.epoch).toBe(epoch);
  });

  test("a hold that waits for its commit is left alone", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(4)] });
    await shop.seats.claim({
      ...{ eventId: event.id, sectionId: sectionOf(event).id, bookingId: randomUUID() as never },
      ...{ requestHash: "hash", deadlineMs: Date.now() + 60_000 },
      wish: { mode: "best-available", quantity: 2, least: 2, segments: [[0]] },
    });
    const { step, laterStep, warnings } = comparisonOf(event);
    await step();
    await laterStep();
    expect(warnings).toEqual([]);
  });
});

test("one process at a time compares, and another goes on where it is gone", async () => {
  await shop.redis.del("onsale:comparison");
  const [one, other] = [createComparisonLease(shop.redis, "one"), createComparisonLease(shop.redis, "other")];
  expect([await one.take(), await other.take(), await one.take()]).toEqual([true, false, true]);
  expect(await shop.redis.pttl("onsale:comparison")).toBeGreaterThan(9_000);
  await shop.redis.pexpire("onsale:comparison", 1);
  await expect.poll(() => other.take()).toBe(true);
  expect(await one.take()).toBe(false);
});

test("a section that cannot be mended keeps no other from it", async () => {
  const [broken, event] = [await openEvent(shop, { sections: [rowsOf(4)] }), await openEvent(shop)];
  for (const each of [broken, event]) await shop.redis.hset(keysOf(each).meta, "free", "1");
  const { step, laterStep } = comparisonOf(broken, event);
  await step();
  await shop.redis.set(keysOf(broken).unpaid, "no sorted set");
  await expect(laterStep()).rejects.toThrow("WRONGTYPE");
  await laterStep();
  expect(await snapshotOf(event)).toMatchObject({ free: [20] });
  await shop.redis.del(keysOf(broken).unpaid);
});
