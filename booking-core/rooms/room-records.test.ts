import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { drawRecordSchema, isHeld } from "../../queue-admission/draw/draw-record.ts";
import { marksForStart } from "./marks-for-start.ts";
import type { RoomMarks } from "./room-marks.ts";
import { openRoomTest, operator, type RoomTest } from "./test-rooms.ts";

let here: RoomTest;
beforeAll(async () => {
  here = await openRoomTest();
});
afterAll(() => here.close());

const { reserveAhead } = limits.room;

async function marksOf(eventId: EventId): Promise<RoomMarks> {
  const found = await here.shop.pool.query<{ marks: RoomMarks }>(
    "select marks from rooms where event_id = $1",
    [eventId],
  );
  if (found.rows[0] === undefined) throw new Error("no room");
  return found.rows[0].marks;
}

const startMarks = (eventId: EventId) => inTransaction(here.shop.pool, (sql) => marksForStart(sql, eventId));

const lane = (changes: Partial<RoomMarks["lanes"][number]> = {}) => {
  return { name: "general", last: 10, reserved: 500, served: 4, drawn: 3, ...changes };
};
const marks = (incarnation: number, changes: Partial<RoomMarks["lanes"][number]> = {}): RoomMarks => {
  return { incarnation, drawState: "done", lanes: [lane(changes)] };
};

test("what is kept of a room never lowers what was reserved", async () => {
  const eventId = await here.newRoom();
  await here.records.keepMarks(eventId, marks(1));
  await here.records.keepMarks(eventId, marks(1, { last: 12, reserved: 200, served: 6 }));
  expect(await marksOf(eventId)).toEqual(marks(1, { last: 12, reserved: 500, served: 6 }));
});

test("a driver of an older incarnation takes nothing back, and what it reserved still counts", async () => {
  const eventId = await here.newRoom();
  await here.records.keepMarks(eventId, marks(3, { last: 700, reserved: 900, served: 600 }));
  await here.records.keepMarks(eventId, marks(2, { last: 20, reserved: 1_000, served: 10 }));
  expect(await marksOf(eventId)).toEqual(marks(3, { last: 700, reserved: 1_000, served: 600 }));
});

test("a new room starts from nothing, with its first numbers reserved", async () => {
  const lanes = [
    { name: "general", weight: 1 },
    { name: "members", weight: 3 },
  ];
  const eventId = await here.newRoom({ room: { lanes } });
  expect(await startMarks(eventId)).toBeUndefined();
  const first = { last: 0, reserved: reserveAhead, served: 0, drawn: 0 };
  const expected = lanes.map(({ name }) => ({ name, ...first }));
  expect(await marksOf(eventId)).toEqual({ incarnation: 1, drawState: "", lanes: expected });
});

test("each start after a loss is a new incarnation, behind all that the one before may have given", async () => {
  const eventId = await here.newRoom();
  await here.records.keepMarks(eventId, marks(4, { last: 10, reserved: 500 }));
  expect(await startMarks(eventId)).toEqual(marks(4, { last: 10, reserved: 500 }));
  const second = await startMarks(eventId);
  expect(second).toMatchObject({ incarnation: 5, lanes: [{ reserved: 500 + reserveAhead }] });
  expect(await marksOf(eventId)).toMatchObject({
    incarnation: 6,
    lanes: [{ reserved: 500 + 2 * reserveAhead }],
  });
});

const lists = [{ lane: "general", entrants: 2, root: "a".repeat(64) }];

async function heldDraw(eventId: EventId) {
  const secret = await here.records.drawSecret(eventId);
  if (secret === "awaited") throw new Error("the secret is awaited");
  const commitment = (await here.store.find(eventId))?.commitment ?? "";
  return { eventId, commitment, ...secret, lanes: lists, drawnAtMs: 1_000 };
}

test("the draw is told step by step: the commitment, then the lists, then the secret with all that it made", async () => {
  const eventId = await here.newRoom();
  const commitment = (await here.store.find(eventId))?.commitment;
  expect(await here.records.draw(eventId)).toEqual({ eventId, commitment });
  await here.records.keepLists(eventId, lists);
  expect(await here.records.draw(eventId)).toEqual({ eventId, commitment, lanes: lists });
  const held = await heldDraw(eventId);
  await here.records.keepDraw(eventId, held);
  const told = drawRecordSchema.parse(await here.records.draw(eventId));
  expect(isHeld(told)).toBe(true);
  expect(told).toEqual(held);
});

test("lists and draws that were kept stay, whoever comes later", async () => {
  const eventId = await here.newRoom();
  await here.records.keepLists(eventId, lists);
  await here.records.keepLists(eventId, [{ lane: "general", entrants: 9, root: "b".repeat(64) }]);
  expect(await here.records.draw(eventId)).toMatchObject({ lanes: lists });
  expect(await here.records.findLists(eventId)).toEqual(lists);
  const held = await heldDraw(eventId);
  await here.records.keepDraw(eventId, held);
  await here.records.keepDraw(eventId, { ...held, drawnAtMs: 2_000 });
  expect(await here.records.findDraw(eventId)).toEqual(held);
});

test("the secret is not given out before the lists are kept", async () => {
  const eventId = await here.newRoom();
  await expect(here.records.drawSecret(eventId)).rejects.toThrow("are not kept");
});

const lobbyIn = (ms: number) => ({ lobbyAtMs: Date.now() + ms, opensAtMs: Date.now() + 120_000 });

test("a source that was announced is told with its moment, before the draw and with it", async () => {
  const eventId = await here.newRoom({ room: lobbyIn(60_000) });
  const fromMs = Date.now();
  await here.store.announceBeacon(eventId, operator, "the lottery of Saturday");
  const beaconAnnouncedAtMs = drawRecordSchema.parse(await here.records.draw(eventId)).beaconAnnouncedAtMs;
  expect(beaconAnnouncedAtMs).toBeGreaterThanOrEqual(fromMs);
  const announced = { beaconSource: "the lottery of Saturday", beaconAnnouncedAtMs };
  expect(await here.records.draw(eventId)).toMatchObject(announced);
  await here.records.keepLists(eventId, lists);
  expect(await here.records.draw(eventId)).toMatchObject({ ...announced, lanes: lists });
  await here.store.revealBeacon(eventId, operator, "ab");
  await here.records.keepDraw(eventId, await heldDraw(eventId));
  const held = drawRecordSchema.parse(await here.records.draw(eventId));
  expect(held).toMatchObject({ ...announced, beacon: "ab" });
});

test("from the lobby's opening on no source is announced, and none is replaced", async () => {
  const [open, coming] = [await here.newRoom(), await here.newRoom({ room: lobbyIn(60_000) })];
  expect(await here.store.announceBeacon(open, operator, "a die")).toBe("lobby_begun");
  expect(await here.records.draw(open)).not.toHaveProperty("beaconSource");
  expect(await here.store.announceBeacon(coming, operator, "a die")).toBe("announced");
  expect(await here.store.announceBeacon(coming, operator, "two dice")).toBe("announced");
  await here.store.change(coming, operator, (before) => {
    return { outcome: "changed", settings: { ...(before as object), lobbyAtMs: Date.now() } };
  });
  expect(await here.store.announceBeacon(coming, operator, "a coin")).toBe("lobby_begun");
  expect(await here.records.draw(coming)).toMatchObject({ beaconSource: "two dice" });
});

test("an announced value from outside is awaited, taken once, and only after the lobby is closed", async () => {
  const eventId = await here.newRoom({ room: lobbyIn(60_000) });
  expect(await here.store.revealBeacon(eventId, operator, "ab")).toBe("not_announced");
  expect(await here.store.announceBeacon(eventId, operator, "the lottery of Saturday")).toBe("announced");
  expect(await here.store.revealBeacon(eventId, operator, "ab")).toBe("lobby_open");
  await here.records.keepLists(eventId, lists);
  expect(await here.records.drawSecret(eventId)).toBe("awaited");
  expect(await here.store.announceBeacon(eventId, operator, "another lottery")).toBe("lobby_closed");
  expect(await here.store.revealBeacon(eventId, operator, "ab")).toBe("revealed");
  expect(await here.store.revealBeacon(eventId, operator, "cd")).toBe("known");
  expect(await here.records.drawSecret(eventId)).toMatchObject({ beacon: "ab" });
  expect(await here.store.find(eventId)).toMatchObject({
    beaconSource: "the lottery of Saturday",
    beacon: "ab",
  });
  const actions = (await here.store.audit(eventId, 10)).map(({ action }) => action);
  expect(actions).toEqual(["beacon_revealed", "beacon_announced"]);
});
