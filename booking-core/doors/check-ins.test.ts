import { afterAll, beforeAll, expect, test } from "vitest";
import { type TicketId, uuidSource } from "../../foundation/ids.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { type DoorTest, newScanId, openDoorTest } from "./test-doors.ts";

let parts: DoorTest;
beforeAll(async () => {
  parts = await openDoorTest();
});
afterAll(() => parts.shop.close());

async function atTheDoor(quantity = 1) {
  const event = await parts.openEvent();
  const booking = await parts.buy(event, quantity);
  const [ticketId, ...more] = await parts.ticketIds(booking);
  if (ticketId === undefined) throw new Error("no ticket");
  const [north, south] = [await parts.openDoor(event.id, "North"), await parts.openDoor(event.id, "South")];
  const code = await parts.codeOf(event.id, ticketId);
  return { event, booking, ticketId, ticketIds: [ticketId, ...more], north, south, code };
}

const scan = (code: string) => ({ scanId: newScanId(), code });

test("a ticket lets in once; shown again, the answer says when and at which door it was used", async () => {
  const { north, south, code, ticketId } = await atTheDoor();
  const first = await parts.checkIns.scan(north, scan(code));
  expect(first).toMatchObject({ result: "admitted", ticketId, used: { door: "North" } });
  const second = await parts.checkIns.scan(south, scan(code));
  expect(second).toEqual({ ...first, result: "used" });
  expect(await parts.useOf(ticketId)).toMatchObject({ status: "used", door: "North" });
});

test("the same scan told again has the same answer, and is one scan", async () => {
  const { north, code, ticketId } = await atTheDoor();
  const told = scan(code);
  const answers = await Promise.all(Array.from({ length: 10 }, () => parts.checkIns.scan(north, told)));
  for (const answer of answers) expect(answer).toMatchObject({ result: "admitted", ticketId });
  expect(await parts.resultsOf(ticketId)).toEqual({ admitted: 1 });
});

test("a forged code told twice in the same moment is one scan too", async () => {
  const { north } = await atTheDoor();
  const told = scan("no code of ours");
  const answers = await Promise.all(Array.from({ length: 10 }, () => parts.checkIns.scan(north, told)));
  for (const answer of answers) expect(answer).toEqual({ result: "unknown", ticketId: null, used: null });
  const written = await parts.shop.pool.query("select from check_ins where id = $1", [told.scanId]);
  expect(written.rowCount).toBe(1);
});

test("the id of a scan cannot be that of another, and then nobody is let in", async () => {
  const { event, north, south, code, ticketIds } = await atTheDoor(2);
  const told = scan(code);
  await parts.checkIns.scan(north, told);
  const other = ticketIds[1] as TicketId;
  const reused = { ...told, code: await parts.codeOf(event.id, other) };
  expect(await parts.checkIns.scan(north, reused)).toEqual({ result: "scan_id_reused" });
  expect(await parts.checkIns.scan(south, told)).toEqual({ result: "scan_id_reused" });
  expect(await parts.useOf(other)).toMatchObject({ status: "valid" });
});

test("what lets nobody in says why, and is written down", async () => {
  const { event, north, code, ticketId } = await atTheDoor();
  const elsewhere = await atTheDoor();
  const answer = async (shown: string) => (await parts.checkIns.scan(north, scan(shown))).result;
  expect(await answer("no code of ours")).toBe("unknown");
  expect(await answer(await parts.codeOf(event.id, uuidSource.next<TicketId>()))).toBe("unknown");
  expect(await answer(await parts.codeOf(event.id, ticketId, 1))).toBe("unknown");
  expect(await answer(elsewhere.code)).toBe("wrong_event");
  expect(await answer(await parts.codeOf(event.id, elsewhere.ticketId))).toBe("unknown");
  await parts.refund(ticketId);
  expect(await answer(code)).toBe("refunded");
  const written = await parts.shop.pool.query("select from check_ins where door_id = $1", [north.doorId]);
  expect(written.rowCount).toBe(6);
});

test("a ticket of an event that is cancelled lets nobody in, also where it is not void yet", async () => {
  const { event, north, code, ticketId, ticketIds } = await atTheDoor(2);
  // As a settlement leaves it that ends behind the cancellation.
  await parts.shop.pool.query("update events set status = 'cancelled' where id = $1", [event.id]);
  expect(await parts.checkIns.scan(north, scan(code))).toEqual({ result: "refunded", ticketId, used: null });
  const other = await parts.codeOf(event.id, ticketIds[1] as TicketId);
  const offline = { ...scan(other), scannedAtMs: Date.now() - 1_000 };
  expect(await parts.checkIns.tell(north, [offline])).toMatchObject([{ result: "refunded", used: null }]);
  for (const id of ticketIds) expect(await parts.useOf(id)).toMatchObject({ status: "valid", atMs: null });
});

test("a new code takes the place of the old one at the door", async () => {
  const { event, booking, north, code, ticketId } = await atTheDoor();
  await parts.tickets.reissue(booking.buyerId, ticketId, 0);
  expect(await parts.checkIns.scan(north, scan(code))).toMatchObject({ result: "replaced", used: null });
  const fresh = await parts.codeOf(event.id, ticketId, 1);
  expect(await parts.checkIns.scan(north, scan(fresh))).toMatchObject({ result: "admitted" });
  expect(await parts.checkIns.scan(north, scan(code))).toMatchObject({ result: "replaced" });
});

test("without a guard, doors that look and then write let two in with one ticket", async () => {
  const { ticketId } = await atTheDoor();
  const bothHaveLooked = Promise.withResolvers<void>();
  let looked = 0;
  const lookThenWrite = async () => {
    const found = await parts.shop.pool.query("select from tickets where id = $1 and status = 'valid'", [
      ticketId,
    ]);
    looked += 1;
    if (looked === 2) bothHaveLooked.resolve();
    await bothHaveLooked.promise;
    await parts.shop.pool.query("update tickets set status = 'used', used_at = now() where id = $1", [
      ticketId,
    ]);
    return found.rowCount === 1 ? "admitted" : "used";
  };
  expect(await Promise.all([lookThenWrite(), lookThenWrite()])).toEqual(["admitted", "admitted"]);
});

test("50 scans at once at each of two doors, of each of 20 tickets: each lets in exactly once", async () => {
  const event = await parts.openEvent();
  const doors = [await parts.openDoor(event.id, "North"), await parts.openDoor(event.id, "South")];
  const bookings = [await parts.buy(event, 8), await parts.buy(event, 8), await parts.buy(event, 4)];
  const ticketIds = (await Promise.all(bookings.map(parts.ticketIds))).flat();
  expect(ticketIds).toHaveLength(20);
  for (const ticketId of ticketIds) {
    const code = await parts.codeOf(event.id, ticketId);
    const scans = doors.flatMap((door) =>
      Array.from({ length: 50 }, () => parts.checkIns.scan(door, scan(code))),
    );
    const results = (await Promise.all(scans)).map(({ result }) => result);
    expect(results.filter((result) => result === "admitted")).toHaveLength(1);
    expect(results.filter((result) => result === "used")).toHaveLength(99);
    expect(await parts.resultsOf(ticketId)).toEqual({ admitted: 1, used: 99 });
  }
});

test("a refund at the moment of a scan either comes first or finds the ticket used", async () => {
  const { event, ticketIds, north } = await atTheDoor(8);
  for (const ticketId of ticketIds) {
    const refund = inTransaction(parts.shop.pool, (sql) =>
      sql.query(
        "update tickets set status = 'refunded', refunded_at = now() where id = $1 and status = 'valid'",
        [ticketId],
      ),
    );
    const code = await parts.codeOf(event.id, ticketId);
    const [refunded, answer] = await Promise.all([refund, parts.checkIns.scan(north, scan(code))]);
    expect(answer.result).toBe(refunded.rowCount === 1 ? "refunded" : "admitted");
  }
});
