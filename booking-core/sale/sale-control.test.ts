import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SectionId } from "../../foundation/ids.ts";
import { uuidSource } from "../../foundation/ids.ts";
import { newBuyer, openEvent, openShop, rowsOf, type Shop, standingOf } from "../../test/harness/shop.ts";
import { loadSection } from "../bookings/load-section.ts";
import type { OnsaleEvent, Section } from "../events/event.ts";
import { readAudit } from "../rooms/audit.ts";
import { seatClasses } from "../seats/seat-bytes.ts";
import { countIdentities } from "./count-identities.ts";
import { classOfLetter } from "./house-pools.ts";
import { applyMarks } from "./mark-seats.ts";
import { createSaleControl, type SaleControl } from "./sale-control.ts";

let shop: Shop;
let control: SaleControl;
beforeAll(async () => {
  shop = await openShop();
  control = createSaleControl({ ...shop, ids: uuidSource });
});
afterAll(() => shop.close());

const olga = { id: null, email: "olga@onsale.example" };
const { ordinary, blocked } = seatClasses;

const sectionOf = (event: OnsaleEvent) => event.sections[0] as Section;
const placeOf = (event: OnsaleEvent, ...seatNumbers: number[]) => ({
  ...{ eventId: event.id, sectionId: sectionOf(event).id },
  seatNumbers,
});

async function bytesOf(event: OnsaleEvent): Promise<string | undefined> {
  return (await shop.seats.snapshot(event.id, sectionOf(event).id))?.seats;
}

const auditOf = (event: OnsaleEvent) => readAudit(shop.pool, event.id, 10);

type Booking = {
  readonly quantity: number;
  readonly code?: string;
  readonly buyer?: ReturnType<typeof newBuyer>;
};

function book(event: OnsaleEvent, { quantity, code, buyer = newBuyer() }: Booking) {
  const wishes = [{ mode: "best-available", quantity }] as const;
  const request = { eventId: event.id, wishes, buyer, idempotencyKey: randomUUID() };
  return shop.bookings.book({ ...request, ...(code === undefined ? {} : { code }) });
}

describe("seats that an operator marks", () => {
  test("are not sold while blocked and are again afterwards, in Redis and after a rebuilding", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(4)] });
    expect(await control.markSeats(olga, placeOf(event, 0, 1), blocked)).toEqual({
      outcome: "marked",
      marked: 2,
    });
    expect(await bytesOf(event)).toBe("9900");
    expect(await book(event, { quantity: 3 })).toMatchObject({ outcome: "sold_out" });
    await loadSection(shop, sectionOf(event));
    expect(await bytesOf(event)).toBe("9900");
    await control.markSeats(olga, placeOf(event, 0, 1), ordinary);
    expect(await book(event, { quantity: 4 })).toMatchObject({ outcome: "booked" });
  });

  test("stay with who has them, and are of their class once they are free", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(2)] });
    const booked = await book(event, { quantity: 2 });
    if (booked.outcome !== "booked") throw new Error(booked.outcome);
    await control.markSeats(olga, placeOf(event, 1), blocked);
    expect(await bytesOf(event)).toBe("1:");
    await shop.seats.release(event.id, sectionOf(event).id, [booked.booking.id]);
    expect(await bytesOf(event)).toBe("09");
  });

  test("are marked by the job where Redis did not hear of it, and the newest decision holds", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(3)] });
    const deaf = { mark: () => Promise.reject(new Error("Connection is closed.")) };
    const deafControl = createSaleControl({ ...shop, ids: uuidSource, seats: deaf });
    await deafControl.markSeats(olga, placeOf(event, 0, 1), blocked);
    await deafControl.markSeats(olga, placeOf(event, 1), ordinary);
    expect(await bytesOf(event)).toBe("000");
    const jobs = await shop.pool.query<{ data: Parameters<typeof applyMarks>[1] }>(
      "select data from pgboss.job where name = 'mark-seats' and data ->> 'eventId' = $1 order by created_on desc",
      [event.id],
    );
    expect(jobs.rows).toHaveLength(2);
    for (const { data } of jobs.rows) await applyMarks(shop, data);
    expect(await bytesOf(event)).toBe("900");
  });

  test("must be there, in the event's own section, and of a pool that is there", async () => {
    const [event, other] = [await openEvent(shop, { sections: [rowsOf(3)] }), await openEvent(shop)];
    const floor = await openEvent(shop, { sections: [standingOf(5)] });
    const unknown = { outcome: "seats_unknown", seatNumbers: [3] };
    expect(await control.markSeats(olga, placeOf(event, 2, 3), blocked)).toEqual(unknown);
    expect((await control.markSeats(olga, placeOf(floor, 0), blocked)).outcome).toBe("seats_unknown");
    const foreign = { ...placeOf(event, 0), eventId: other.id };
    expect(await control.markSeats(olga, foreign, blocked)).toEqual({ outcome: "not_found" });
    const nowhere = { ...placeOf(event, 0), sectionId: randomUUID() as SectionId };
    expect(await control.markSeats(olga, nowhere, blocked)).toEqual({ outcome: "not_found" });
    const pool = await control.markSeats(olga, placeOf(event, 0), classOfLetter("B"));
    expect(pool).toEqual({ outcome: "pool_unknown" });
    expect(await auditOf(event)).toEqual([]);
  });

  test("are written down with who did it, before and after", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(3)] });
    await control.markSeats(olga, placeOf(event, 1), blocked);
    const sectionId = sectionOf(event).id;
    expect(await auditOf(event)).toMatchObject([
      {
        ...{ action: "seats_marked", actor: olga },
        before: { sectionId, seats: [[1, "ordinary"]] },
        after: { sectionId, seats: [[1, "blocked"]] },
      },
    ]);
  });

  test("stay as the last decision says while many decide at once", async () => {
    const event = await openEvent(shop, { sections: [rowsOf(20)] });
    const classes = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? blocked : ordinary));
    await Promise.all(classes.map((to) => control.markSeats(olga, placeOf(event, 0, 1, 2), to)));
    const text = "select marks from sections where id = $1";
    const { rows } = await shop.pool.query<{ marks: unknown[] }>(text, [sectionOf(event).id]);
    const expected = rows[0]?.marks.length === 3 ? "999" : "000";
    expect((await bytesOf(event))?.slice(0, 3)).toBe(expected);
  });
});

test("a house pool opens with its code and no other, and only its hash is kept", async () => {
  const event = await openEvent(shop, { sections: [rowsOf(4)] });
  const pool = { letter: "C", name: "artists", code: "open-sesame" };
  expect(await control.setPool(olga, event.id, pool)).toMatchObject({ outcome: "set", fresh: true });
  expect(await control.setPool(olga, event.id, { ...pool, letter: "D" })).toEqual({
    outcome: "pool_code_used",
  });
  await control.markSeats(olga, placeOf(event, 0, 1), classOfLetter("C"));
  await shop.publishChanges();
  await expect
    .poll(async () => (await book(event, { quantity: 1, code: "open-sesame" })).outcome, { timeout: 2_000 })
    .toBe("booked");
  expect(await book(event, { quantity: 1, code: "open-says-me" })).toEqual({ outcome: "code_invalid" });
  expect(await book(event, { quantity: 3 })).toMatchObject({ outcome: "sold_out" });
  const stored = await shop.pool.query(
    "select to_jsonb(e) as event, (select jsonb_agg(a) from audit_log a) as audit from events e",
  );
  expect(JSON.stringify(stored.rows)).not.toMatch(/sesame/i);
  const again = await control.setPool(olga, event.id, { ...pool, code: "another-code" });
  expect(again).toMatchObject({ outcome: "set", fresh: false });
});

describe("rules that an operator changes", () => {
  test("hold within two seconds, also for seats that were bought before", async () => {
    const event = await openEvent(shop, { sections: [standingOf(20)] });
    const buyer = newBuyer();
    await book(event, { quantity: 3, buyer });
    await control.changeRules(olga, event.id, { mostPerIdentity: 4 });
    await shop.publishChanges();
    await expect
      .poll(async () => (await shop.catalogue.find(event.id))?.rules.mostPerIdentity, { timeout: 2_000 })
      .toBe(4);
    expect(await book(event, { quantity: 2, buyer })).toEqual({ outcome: "buyer_limit_reached", most: 4 });
    expect(await book(event, { quantity: 1, buyer })).toMatchObject({ outcome: "booked" });
    expect(await auditOf(event)).toMatchObject([
      { action: "rules_changed", before: { mostPerBuyer: null }, after: { mostPerBuyer: 4 } },
    ]);
  });

  test("change one by one, and an unknown event is not found", async () => {
    const event = await openEvent(shop, { rules: { mostPerIdentity: 3 } });
    await control.changeRules(olga, event.id, { extensionMs: 60_000 });
    await control.changeRules(olga, event.id, { allowsSingles: false });
    const rules = {
      ...{ mostPerIdentity: 3, allowsSingles: false, extensionMs: 60_000, refundPolicy: null },
    };
    expect(await control.rules(event.id)).toMatchObject(rules);
    expect(await control.changeRules(olga, randomUUID() as never, rules)).toBeUndefined();
  });

  test("say how tickets are given back: buyers see it, and who changed it is written down", async () => {
    const event = await openEvent(shop);
    const policy = { untilMs: 3_600_000, shareBasisPoints: 5_000, feesToo: true, seatsReturn: false };
    expect(await control.changeRules(olga, event.id, { refundPolicy: policy })).toMatchObject({
      ...{ mostPerIdentity: null, refundPolicy: policy },
    });
    await control.changeRules(olga, event.id, { extensionMs: 1_000 });
    expect((await control.rules(event.id))?.refundPolicy).toEqual(policy);
    await shop.publishChanges();
    await expect
      .poll(async () => (await shop.catalogue.find(event.id))?.refundPolicy, { timeout: 2_000 })
      .toEqual(policy);
    await control.changeRules(olga, event.id, { refundPolicy: null });
    expect((await control.rules(event.id))?.refundPolicy).toBeNull();
    const changes = (await auditOf(event)).map(({ before, after }) => [before, after]);
    expect(changes).toMatchObject([
      [{ refundPolicy: policy }, { refundPolicy: null }],
      [{ refundPolicy: policy }, { refundPolicy: policy }],
      [{ refundPolicy: null }, { refundPolicy: policy }],
    ]);
  });

  test("count what a gateway booked under the old ones", async () => {
    const event = await openEvent(shop, { sections: [standingOf(20)] });
    const [buyer, gone] = [newBuyer(), newBuyer()];
    await control.changeRules(olga, event.id, { mostPerIdentity: 4 });
    // The catalogue here has not heard of it: as on a gateway that is a moment behind.
    await book(event, { quantity: 3, buyer });
    await shop.pool.query("insert into identity_seats values ($1, $2, 2)", [event.id, gone.identity]);
    await countIdentities(shop, { eventId: event.id });
    const counted = await shop.pool.query(
      "select identity, seats from identity_seats where event_id = $1 order by seats",
      [event.id],
    );
    expect(counted.rows).toEqual([
      { identity: gone.identity, seats: 0 },
      { identity: buyer.identity, seats: 3 },
    ]);
  });
});

test("a bound is set also where it meets a buyer who is being counted by the bound of before", async () => {
  const event = await openEvent(shop);
  const buyer = newBuyer();
  expect(await book(event, { quantity: 2, buyer })).toMatchObject({ outcome: "booked" });
  const counting = await shop.pool.connect();
  await counting.query("begin");
  await counting.query("insert into identity_seats (event_id, identity, seats) values ($1, $2, 2)", [
    event.id,
    buyer.identity,
  ]);
  const changed = control.changeRules(olga, event.id, { mostPerIdentity: 4 });
  const waiting =
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  await expect.poll(async () => (await shop.pool.query(waiting)).rowCount).toBe(1);
  await counting.query("lock table bookings in row exclusive mode");
  await counting.query("commit");
  counting.release();
  expect(await changed).toMatchObject({ mostPerIdentity: 4 });
  const counted = await shop.pool.query("select seats from identity_seats where event_id = $1", [event.id]);
  expect(counted.rows).toEqual([{ seats: 2 }]);
});
