import { afterAll, beforeAll, expect, test } from "vitest";
import type { TicketId } from "../../foundation/ids.ts";
import { type DoorTest, newScanId, openDoorTest } from "../doors/test-doors.ts";
import { ticketChecks } from "./ticket-checks.ts";

let parts: DoorTest;
beforeAll(async () => {
  parts = await openDoorTest();
});
afterAll(() => parts.shop.close());

async function atTheDoor() {
  const event = await parts.openEvent();
  const [ticketId] = (await parts.ticketIds(await parts.buy(event, 1))) as [TicketId];
  const door = await parts.openDoor(event.id, "North");
  const code = await parts.codeOf(event.id, ticketId);
  const scan = () => parts.checkIns.scan(door, { scanId: newScanId(), code });
  return { event, ticketId, door, scan, run: (text: string) => parts.shop.pool.query(text, [ticketId]) };
}

/** What is said of this ticket, or of anything that names it. */
async function sentences(about: string): Promise<string[]> {
  const looks = await Promise.all(ticketChecks(parts.shop.pool).map((check) => check.look()));
  return looks.flatMap(({ suspects }) => [...suspects.values()]).filter((text) => text.includes(about));
}

test("tickets that were scanned, refunded and replaced as they should be break no promise", async () => {
  const used = await atTheDoor();
  await used.scan();
  await used.scan();
  const refunded = await atTheDoor();
  await refunded.run("update tickets set status = 'refunded', refunded_at = now() where id = $1");
  await refunded.run(
    "update booking_seats s set live = false from tickets t where t.id = $1 and s.booking_id = t.booking_id and s.position = t.position",
  );
  await refunded.scan();
  expect(await sentences("")).toEqual([]);
});

test("a ticket that was let in twice is seen", async () => {
  const { ticketId, scan, run } = await atTheDoor();
  await scan();
  await run(
    `insert into check_ins (id, event_id, door_id, ticket_id, result, scanned_at)
     select gen_random_uuid(), event_id, door_id, ticket_id, result, scanned_at from check_ins where ticket_id = $1`,
  );
  expect(await sentences(ticketId)).toEqual([`ticket ${ticketId} was let in 2 times`]);
});

test("a used ticket that no door let in is seen", async () => {
  const { ticketId, run } = await atTheDoor();
  await run("update tickets set status = 'used', used_at = now(), used_door = 'North' where id = $1");
  expect(await sentences(ticketId)).toEqual([
    `ticket ${ticketId} is used, and no door of its event let it in`,
  ]);
});

test("a ticket that was let in and is valid again is seen", async () => {
  const { ticketId, scan, run } = await atTheDoor();
  await scan();
  await run("update tickets set status = 'valid', used_at = null where id = $1");
  expect(await sentences(ticketId)).toEqual([expect.stringMatching(/let in ticket .+, which is valid$/)]);
});

test("a use whose time is not that of the first scan is seen", async () => {
  const { ticketId, scan, run } = await atTheDoor();
  await scan();
  await run("update tickets set used_at = used_at + interval '1 second' where id = $1");
  expect(await sentences(ticketId)).toEqual([expect.stringContaining("the first scan that came in was at")]);
});

test("two keys that both sign are seen", async () => {
  await parts.shop.pool.query(
    "insert into ticket_keys (id, public_key, sealed_private_key) values (200, $1, '')",
    [Buffer.alloc(32, 1)],
  );
  expect(await sentences("keys of tickets")).toEqual(["of the keys of tickets, 2 sign"]);
});
