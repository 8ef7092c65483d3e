import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../test/harness/wait-for.ts";
import { cancelEvent } from "../refunds/cancel-event.ts";
import { findCancellation } from "../refunds/cancellation.ts";
import { openRefundTest, type RefundTest } from "../refunds/test-refunds.ts";
import { ledgerChecks } from "./ledger-checks.ts";
import { postgresChecks } from "./postgres-checks.ts";
import { refundChecks } from "./refund-checks.ts";
import { ticketChecks } from "./ticket-checks.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

/** What was broken is mended again, so that each test breaks one thing. */
const mending: string[] = [];
afterEach(async () => {
  for (const statement of mending.splice(0)) await here.shop.pool.query(statement);
  expect(await violations()).toEqual([]);
});

async function violations(): Promise<string[]> {
  const seen = await Promise.all(refundChecks(here.shop.pool).map((check) => check.look()));
  return seen.flatMap(({ suspects }) => [...suspects.values()]);
}

async function breaks(statement: string, mended: string): Promise<string> {
  await here.shop.pool.query(statement);
  mending.push(mended);
  return (await violations()).join("\n");
}

async function partlyRefunded() {
  const booking = await here.paid(2);
  await here.byBuyer(booking, [0]);
  await here.givenBack(booking);
  return booking;
}

test("tickets that were given back, some and all, are clean, and so are double payments", async () => {
  const booking = await partlyRefunded();
  await here.byBuyer(await here.paid(1));
  await here.startPayment(await here.paid(1)).catch(() => undefined);
  await here.givenBack(booking);
  expect(await violations()).toEqual([]);
  const looks = await Promise.all(refundChecks(here.shop.pool).map((check) => check.look()));
  for (const { checked } of looks) expect(checked).toBeGreaterThan(0);
});

test("a payment that gave back more than came is seen", async () => {
  const { id } = await partlyRefunded();
  const { pool } = here.shop;
  const { rows } = await pool.query<{ definition: string }>(
    "select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'payments_refunded'",
  );
  await pool.query("alter table payments drop constraint payments_refunded");
  mending.push(
    `update payments set refunded_minor = 4500 where booking_id = '${id}'`,
    `alter table payments add constraint payments_refunded ${rows[0]?.definition}`,
  );
  await pool.query("update payments set refunded_minor = 9001 where booking_id = $1", [id]);
  expect((await violations()).join()).toContain("gave back 9001 and 0 of 9000 and 0");
});

test("a payment whose refunds are another sum than it says is seen", async () => {
  const { id } = await partlyRefunded();
  const set = (minor: number) => `update payments set refunded_minor = ${minor} where booking_id = '${id}'`;
  expect(await breaks(set(4_499), set(4_500))).toContain(
    "gave back 4499 and 0, and its refunds are 4500 and 0",
  );
});

test("a refund that is done or promised without its transfer is seen", async () => {
  const { id } = await partlyRefunded();
  const open = `update refunds set status = 'pending', done_at = null where booking_id = '${id}'`;
  const done = `update refunds set status = 'done', done_at = now() where booking_id = '${id}'`;
  expect(await breaks(open, done)).toContain("is pending, and the books say 4500 done and 4500 promised");
  await here.shop.pool.query(done);
  const unlinked = (value: string) => `alter table transfers disable trigger user;
    update transfers set refund_id = ${value} where booking_id = '${id}' and kind = 'refund_promised';
    alter table transfers enable trigger user`;
  const mine = `(select id from refunds where booking_id = '${id}')`;
  expect(await breaks(unlinked("null"), unlinked(mine))).toContain("the books say 4500 done and 0 promised");
});

test("a seat that was given back and is live is seen", async () => {
  const { id } = await partlyRefunded();
  const live = (is: boolean) =>
    `update booking_seats set live = ${is} where booking_id = '${id}' and position = 0`;
  const seen = await breaks(live(true), live(false));
  expect(seen).toContain(`is for seat 0 of booking ${id}, which is live`);
  expect(seen).toContain("is refunded, and its seat is live");
});

test("a ticket that is still good for a seat that was given back is seen, and one that is void for a live one", async () => {
  const { id } = await partlyRefunded();
  const set = (position: number, status: string) =>
    `update tickets set status = '${status}', refunded_at = ${status === "refunded" ? "now()" : "null"}
      where booking_id = '${id}' and position = ${position}`;
  expect(await breaks(set(0, "valid"), set(0, "refunded"))).toContain("which has a ticket that is valid");
  await here.shop.pool.query(set(0, "refunded"));
  expect(await breaks(set(1, "refunded"), set(1, "valid"))).toContain("is refunded, and its seat is live");
});

test("an event that is being cancelled breaks no promise: its tickets are void, and its seats still live", async () => {
  const { pool } = here.shop;
  const { id, eventId } = await here.paid(2);
  const gate = await pool.connect();
  await gate.query("begin");
  await gate.query("select from bookings where id = $1 for update", [id]);
  await cancelEvent(here.till, { id: null, email: "organiser@onsale.example" }, eventId);
  const checks = [refundChecks, ticketChecks, postgresChecks, ledgerChecks].flatMap((all) => all(pool));
  const seen = await Promise.all(checks.map((check) => check.look()));
  await gate.query("rollback");
  gate.release();
  expect(seen.flatMap(({ suspects }) => [...suspects.values()])).toEqual([]);
  await waitFor(async () => (await findCancellation(pool, eventId))?.finishedAtMs !== null, {
    what: "the cancellation done",
  });
  const valid = "update tickets set status = 'valid' where booking_id = $1";
  await pool.query(valid, [id]);
  mending.push(`update tickets set status = 'refunded' where booking_id = '${id}'`);
  expect((await violations()).join()).toContain("is valid, and its seat is given back");
});

test("a booking that is refunded and has a live seat, or seats that nobody gave back, is seen", async () => {
  const { id } = await partlyRefunded();
  const set = (status: string) =>
    `update bookings set status = '${status}', ended_at = ${status === "refunded" ? "now()" : "null"} where id = '${id}'`;
  expect(await breaks(set("refunded"), set("partly_refunded"))).toContain(
    `booking ${id} is refunded with 1 live seats, and refunds of 1 seats`,
  );
});
