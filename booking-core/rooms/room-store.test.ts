import { afterAll, beforeAll, expect, test } from "vitest";
import { type EventId, uuidSource } from "../../foundation/ids.ts";
import { commitmentOf } from "../../queue-admission/draw/draw-protocol.ts";
import type { RoomConfig } from "./room-config.ts";
import { openRoomTest, operator, type RoomTest } from "./test-rooms.ts";

let here: RoomTest;
beforeAll(async () => {
  here = await openRoomTest();
});
afterAll(() => here.close());

const withCap = (cap: number) => (before: unknown) =>
  ({ outcome: "changed", settings: { ...(before as RoomConfig), cap } }) as const;

test("a change is stored and audited with its actor, what was before and what is after", async () => {
  const eventId = await here.newRoom();
  const before = (await here.store.find(eventId))?.settings;
  expect(await here.store.change(eventId, operator, withCap(7))).toMatchObject({ settings: { cap: 7 } });
  const after = (await here.store.find(eventId))?.settings;
  expect(after).toEqual({ ...(before as RoomConfig), cap: 7 });
  const [entry, ...others] = await here.store.audit(eventId, 10);
  expect(entry).toMatchObject({ actor: operator, action: "room_changed", before, after });
  expect(others).toEqual([]);
});

test("a refused change leaves the room and the audit log as they were", async () => {
  const eventId = await here.newRoom();
  const refused = await here.store.change(
    eventId,
    operator,
    () => ({ outcome: "cap_wrong", most: 3 }) as const,
  );
  expect(refused).toEqual({ outcome: "cap_wrong", most: 3 });
  expect((await here.store.find(eventId))?.settings).toMatchObject({ cap: 100 });
  expect(await here.store.audit(eventId, 10)).toEqual([]);
});

test("changes at once come one after the other: none is lost", async () => {
  const eventId = await here.newRoom();
  const raise = (before: unknown) => withCap((before as { cap: number }).cap + 1)(before);
  await Promise.all(Array.from({ length: 12 }, () => here.store.change(eventId, operator, raise)));
  expect((await here.store.find(eventId))?.settings).toMatchObject({ cap: 112 });
  const entries = await here.store.audit(eventId, 100);
  expect(entries).toHaveLength(12);
  expect(await here.store.audit(eventId, 5)).toHaveLength(5);
});

test("a room that is not there is not found", async () => {
  const nowhere = uuidSource.next<EventId>();
  expect(await here.store.find(nowhere)).toBeUndefined();
  expect(await here.store.change(nowhere, operator, withCap(1))).toEqual({ outcome: "not_found" });
  expect(await here.store.announceBeacon(nowhere, operator, "a die")).toBe("not_found");
});

test("the database refuses to change the audit log", async () => {
  const eventId = await here.newRoom();
  await here.store.change(eventId, operator, withCap(7));
  const { pool } = here.shop;
  for (const statement of [
    "update audit_log set after = null",
    "delete from audit_log",
    "truncate audit_log",
  ])
    await expect(pool.query(statement)).rejects.toThrow("append-only");
});

test("each room has a secret of its own, of which the commitment alone is told", async () => {
  const [one, two] = [await here.newRoom(), await here.newRoom()];
  const rows = await here.shop.pool.query<{ draw_seed: string }>(
    "select draw_seed from rooms where event_id = any($1)",
    [[one, two]],
  );
  expect(new Set(rows.rows.map((row) => row.draw_seed)).size).toBe(2);
  const found = await here.shop.pool.query("select draw_seed from rooms where event_id = $1", [one]);
  const seed: string = found.rows[0]?.draw_seed;
  const room = await here.store.find(one);
  expect(room?.commitment).toBe(commitmentOf(seed));
  expect(JSON.stringify(room)).not.toContain(seed);
});
