import { afterAll, beforeAll, expect, test } from "vitest";
import { best, bookNow, bookRequest, lettersIn, rowsOf, standingOf } from "../../test/harness/shop.ts";
import { applyHolds } from "../bookings/jobs.ts";
import { loadSection } from "../bookings/load-section.ts";
import { generous, openRefundTest, type RefundTest } from "./test-refunds.ts";

let here: RefundTest;
beforeAll(async () => {
  here = await openRefundTest();
});
afterAll(() => here.close());

const keeping = { ...generous, seatsReturn: false };

test("seats that do not return are blocked, and are free at no moment between", async () => {
  const event = await here.openPolicyEvent(keeping, { sections: [rowsOf(6)] });
  const booking = await here.paidFor(event, 3);
  await expect.poll(() => lettersIn(here.shop, event)).toBe("sssfff");
  const seen = new Set<string>();
  let isOver = false;
  const watch = async () => {
    while (!isOver) seen.add((await lettersIn(here.shop, event)).slice(0, 3));
  };
  const watching = watch();
  await here.byBuyer(booking, [1]);
  await expect.poll(() => lettersIn(here.shop, event)).toBe("sbsfff");
  await here.byBuyer(booking);
  await expect.poll(() => lettersIn(here.shop, event)).toBe("bbbfff");
  isOver = true;
  await watching;
  for (const letters of seen) expect(letters).not.toContain("f");
  expect(await here.shop.bookings.book(bookRequest(event, best(4)))).not.toMatchObject({ outcome: "booked" });
});

test("seats that do not return stay off sale when Redis is built anew, and when the job comes again", async () => {
  const event = await here.openPolicyEvent(keeping, { sections: [rowsOf(4)] });
  const booking = await here.paidFor(event, 2);
  await here.byBuyer(booking);
  const [section] = event.sections;
  if (section === undefined) throw new Error("an event without sections");
  await loadSection(here.shop, section);
  await applyHolds(here.shop, { bookingIds: [booking.id] });
  expect(await lettersIn(here.shop, event)).toBe("bbff");
});

test("seats return where the policy says so, and places of a standing section always do", async () => {
  const event = await here.openPolicyEvent(generous, { sections: [rowsOf(2)] });
  await here.byBuyer(await here.paidFor(event, 2));
  await expect.poll(() => lettersIn(here.shop, event)).toBe("ff");
  const standing = await here.openPolicyEvent(keeping, { sections: [standingOf(2)] });
  await here.byBuyer(await here.paidFor(standing, 2));
  await expect
    .poll(() => here.shop.bookings.book(bookRequest(standing, best(2))))
    .toMatchObject({ outcome: "booked" });
  await expect(bookNow(here.shop, bookRequest(standing, best(1)))).rejects.toThrow();
});
