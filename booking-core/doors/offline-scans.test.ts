import { array, assert, asyncProperty, boolean, integer, record, shuffledSubarray } from "fast-check";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TicketId, uuidSource } from "../../foundation/ids.ts";
import { createCheckIns, type OfflineScan } from "./check-ins.ts";
import type { Door } from "./scan.ts";
import { type DoorTest, newScanId, openDoorTest } from "./test-doors.ts";

let parts: DoorTest;
beforeAll(async () => {
  parts = await openDoorTest();
});
afterAll(() => parts.shop.close());

async function atTheDoor(quantity = 1) {
  const event = await parts.openEvent();
  const booking = await parts.buy(event, quantity);
  const ticketIds = await parts.ticketIds(booking);
  const codes = await Promise.all(ticketIds.map((ticketId) => parts.codeOf(event.id, ticketId)));
  const [north, south] = [await parts.openDoor(event.id, "North"), await parts.openDoor(event.id, "South")];
  const nowMs = Date.now();
  const scanOf = (ticket: number, secondsAgo: number): OfflineScan => ({
    scanId: newScanId(),
    code: codes[ticket] ?? "",
    scannedAtMs: nowMs - secondsAgo * 1_000,
  });
  return { event, booking, ticketIds, north, south, scanOf, nowMs };
}

test("told in any order, the earliest scan of a ticket lets in, and the later ones are used", async () => {
  const { north, scanOf, ticketIds } = await atTheDoor();
  const [late, early, middle] = [scanOf(0, 10), scanOf(0, 90), scanOf(0, 50)];
  const answers = await parts.checkIns.tell(north, [late, early, middle]);
  expect(answers.map(({ result }) => result)).toEqual(["used", "admitted", "used"]);
  for (const answer of answers)
    expect(answer).toMatchObject({ used: { atMs: early.scannedAtMs, door: "North" } });
  expect(await parts.useOf(ticketIds[0] as TicketId)).toMatchObject({ atMs: early.scannedAtMs });
});

test("an earlier scan that is told later is the ticket's use; who is in stays in", async () => {
  const { north, south, scanOf, ticketIds } = await atTheDoor();
  const ticketId = ticketIds[0] as TicketId;
  const online = await parts.checkIns.scan(north, scanOf(0, 0));
  expect(online.result).toBe("admitted");
  const earlier = scanOf(0, 60);
  expect(await parts.checkIns.tell(south, [earlier])).toMatchObject([
    { result: "used", used: { atMs: earlier.scannedAtMs, door: "South" } },
  ]);
  expect(await parts.useOf(ticketId)).toEqual({ status: "used", atMs: earlier.scannedAtMs, door: "South" });
  expect(await parts.resultsOf(ticketId)).toEqual({ admitted: 1, used: 1 });
});

test("tickets that were refunded or replaced while the device had no network are reported, and what is not there", async () => {
  const { event, booking, north, scanOf, ticketIds, nowMs } = await atTheDoor(3);
  const [refunded, replaced] = ticketIds as [TicketId, TicketId];
  const missing = uuidSource.next<TicketId>();
  const lines: string[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  const checkIns = createCheckIns({ ...parts.shop, keys: parts.keys, logger });
  await parts.refund(refunded);
  await parts.tickets.reissue(booking.buyerId, replaced, 0);
  const told = (code: string) => ({ scanId: newScanId(), code, scannedAtMs: nowMs - 60_000 });
  const strange = [told(await parts.codeOf(event.id, missing)), told("no code of ours")];
  const answers = await checkIns.tell(north, [...[0, 1, 2].map((place) => scanOf(place, 60)), ...strange]);
  expect(answers.map(({ result }) => result)).toEqual([
    "refunded",
    "replaced",
    "admitted",
    "unknown",
    "unknown",
  ]);
  expect(await parts.useOf(refunded)).toMatchObject({ status: "refunded", atMs: null });
  expect(await parts.useOf(replaced)).toMatchObject({ status: "valid", atMs: null });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {
      ...{ eventId: event.id, doorId: north.doorId, door: "North" },
      scans: [
        { result: "refunded", ticketId: refunded, bookingId: booking.id },
        { result: "replaced", ticketId: replaced, bookingId: booking.id },
        { result: "unknown", ticketId: missing, bookingId: null },
      ],
    },
  ]);
});

test("a device without the time cannot put a scan before or after all others", async () => {
  const { north, scanOf, ticketIds, nowMs } = await atTheDoor(2);
  await parts.checkIns.tell(north, [scanOf(0, 10 ** 9), scanOf(1, -(10 ** 9))]);
  const [ancient, future] = await Promise.all(ticketIds.map(parts.useOf));
  expect(ancient?.atMs).toBeGreaterThan(nowMs - 8 * 86_400_000);
  expect(future?.atMs).toBeLessThan(nowMs + 60_000);
});

test("batches that doors tell at the same moment, twice and in any order, end the same", async () => {
  const scans = array(
    record({
      ticket: integer({ min: 0, max: 2 }),
      door: boolean(),
      secondsAgo: integer({ min: 1, max: 1_000 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  await assert(
    asyncProperty(
      scans.chain((all) => shuffledSubarray(all, { minLength: all.length })),
      async (all) => {
        const { north, south, scanOf, ticketIds } = await atTheDoor(3);
        const made = all.map(({ ticket, door, secondsAgo }) => ({
          ticket,
          door,
          scan: scanOf(ticket, secondsAgo),
        }));
        const batchOf = (atNorth: boolean) =>
          made.filter(({ door }) => door === atNorth).map(({ scan }) => scan);
        const tell = (door: Door, batch: readonly OfflineScan[]) => parts.checkIns.tell(door, batch);
        const [first, other, again] = await Promise.all([
          tell(north, batchOf(true)),
          tell(south, batchOf(false)),
          tell(north, batchOf(true).toReversed()),
        ]);
        expect(again.map(({ result }) => result).toReversed()).toEqual(first.map(({ result }) => result));
        expect(other).toHaveLength(batchOf(false).length);
        for (const [ticket, ticketId] of ticketIds.entries()) {
          const times = made.filter((one) => one.ticket === ticket).map(({ scan }) => scan.scannedAtMs);
          const { admitted = 0, used = 0 } = await parts.resultsOf(ticketId);
          expect([admitted, used]).toEqual(times.length === 0 ? [0, 0] : [1, times.length - 1]);
          expect((await parts.useOf(ticketId)).atMs).toBe(times.length === 0 ? null : Math.min(...times));
        }
      },
    ),
    { numRuns: 12 },
  );
});

test("a device's list has every ticket once over its pages, then only what changed", async () => {
  const { event, ticketIds, booking, north, scanOf } = await atTheDoor(3);
  const first = await parts.doorList({ eventId: event.id, after: undefined, changedSinceMs: undefined });
  expect(first.tickets.map(({ id }) => id)).toEqual(ticketIds.toSorted());
  expect(first.tickets[0]).toMatchObject({
    issue: 0,
    status: "valid",
    section: "seated 10 10",
    label: { row: "1" },
  });
  expect(first.next).toBeUndefined();
  // As if some time had gone by since the list was read.
  const past = "update tickets set changed_at = now() - interval '1 hour' where event_id = $1";
  await parts.shop.pool.query("alter table tickets disable trigger tickets_note_change");
  await parts.shop.pool.query(past, [event.id]);
  await parts.shop.pool.query("alter table tickets enable trigger tickets_note_change");
  const changes = () => parts.doorList({ eventId: event.id, after: undefined, changedSinceMs: first.asOfMs });
  expect((await changes()).tickets).toEqual([]);
  const [reissued, used] = ticketIds as [TicketId, TicketId];
  await parts.tickets.reissue(booking.buyerId, reissued, 0);
  // Its use has a time before the list; that it changed has not.
  await parts.checkIns.tell(north, [scanOf(1, 3_600)]);
  const seen = new Map((await changes()).tickets.map(({ id, issue, status }) => [id, { issue, status }]));
  expect(seen).toEqual(
    new Map([
      [reissued, { issue: 1, status: "valid" }],
      [used, { issue: 0, status: "used" }],
    ]),
  );
});

test("a list of more than a page goes on where the page ended", async () => {
  const { event, ticketIds } = await atTheDoor(3);
  await parts.shop.pool.query(
    `insert into booking_seats (booking_id, section_id, position, seat_number, live, offer_id, price_minor)
     select t.booking_id, t.section_id, n, null, false, s.offer_id, 1 from tickets t
       join booking_seats s on s.booking_id = t.booking_id and s.position = t.position, generate_series(100, 1199) n where t.id = $1`,
    [ticketIds[0]],
  );
  await parts.shop.pool.query(
    `insert into tickets (id, booking_id, event_id, section_id, position, status)
     select uuidv7(), t.booking_id, t.event_id, t.section_id, n, 'valid' from tickets t, generate_series(100, 1199) n where t.id = $1`,
    [ticketIds[0]],
  );
  const first = await parts.doorList({ eventId: event.id, after: undefined, changedSinceMs: undefined });
  expect(first.tickets).toHaveLength(1_000);
  const second = await parts.doorList({ eventId: event.id, after: first.next, changedSinceMs: undefined });
  expect(second.next).toBeUndefined();
  expect(new Set([...first.tickets, ...second.tickets].map(({ id }) => id)).size).toBe(1_103);
});
