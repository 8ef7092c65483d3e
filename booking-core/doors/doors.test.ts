import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import { type DoorId, type EventId, uuidSource } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { readAudit } from "../rooms/audit.ts";
import { createDoors } from "./doors.ts";
import { type DoorTest, newScanId, openDoorTest, operator, tokens } from "./test-doors.ts";

let parts: DoorTest;
beforeAll(async () => {
  parts = await openDoorTest();
});
afterAll(() => parts.shop.close());

test("a door's token names its event and door, until a week after the event", async () => {
  const event = await parts.openEvent();
  const made = await parts.doors.make(operator, event.id, "North");
  if (made.outcome !== "made") throw new Error(made.outcome);
  const { doorId } = made.door;
  expect(tokens.verify("door", made.token)).toMatchObject({ eventId: event.id, doorId });
  expect(made.endsAtMs).toBe(event.startsAtMs + limits.doors.scanAgeMs);
  expect(tokens.verify("buyer", made.token)).toBeUndefined();
});

test("an event has one door of a name, and only a known event has doors", async () => {
  const event = await parts.openEvent();
  const make = (name: string) => parts.doors.make(operator, event.id, name);
  const outcomes = await Promise.all(["North", "North", "South"].map(make));
  expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(["door_name_used", "made", "made"]);
  const nowhere = await parts.doors.make(operator, uuidSource.next<EventId>(), "North");
  expect(nowhere).toEqual({ outcome: "not_found" });
});

test("a closed door is refused within two seconds by every process, and stays closed", async () => {
  const event = await parts.openEvent();
  const door = await parts.openDoor(event.id, "North");
  let laterMs = 0;
  const clock = { now: () => systemClock.now() + laterMs };
  const elsewhere = createDoors({ ...parts.shop, ids: uuidSource, tokens, clock });
  expect(await elsewhere.open(door.doorId)).toEqual(door);
  for (let count = 0; count < 2; count += 1)
    expect(await parts.doors.close(operator, event.id, door.doorId)).toBe("closed");
  laterMs = limits.doors.knownMs;
  expect(laterMs).toBeLessThan(2_000);
  expect(await elsewhere.open(door.doorId)).toBeUndefined();
});

test("an operator of another event's door closes nothing", async () => {
  const [event, other] = [await parts.openEvent(), await parts.openEvent()];
  const door = await parts.openDoor(event.id, "North");
  expect(await parts.doors.close(operator, other.id, door.doorId)).toBe("not_found");
  expect(await parts.doors.close(operator, event.id, uuidSource.next<DoorId>())).toBe("not_found");
  expect(await parts.doors.open(door.doorId)).toEqual(door);
});

test("the list says how many came in at each door, and the audit log who made and closed it", async () => {
  const event = await parts.openEvent();
  const [ticketId] = await parts.ticketIds(await parts.buy(event, 1));
  const door = await parts.openDoor(event.id, "North");
  const code = await parts.codeOf(event.id, ticketId as never);
  for (let count = 0; count < 3; count += 1) await parts.checkIns.scan(door, { scanId: newScanId(), code });
  await parts.doors.close(operator, event.id, door.doorId);
  const closed = { id: door.doorId, name: "North", admitted: 1, scans: 3, closedAtMs: expect.any(Number) };
  expect(await parts.doors.list(event.id)).toMatchObject([closed]);
  const actions = (await readAudit(parts.shop.pool, event.id, 10)).map(({ action }) => action);
  expect(actions).toEqual(["door_closed", "door_made"]);
});
