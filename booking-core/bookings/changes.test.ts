import { afterAll, beforeAll, expect, test } from "vitest";
import { type BookingId, type BuyerId, type EventId, uuidSource } from "../../foundation/ids.ts";
import { openShop, type Shop } from "../../test/harness/shop.ts";
import { waitFor } from "../../test/harness/wait-for.ts";
import type { BookingChange } from "./booking.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

test("a change reaches those who watch its event, and nobody else", async () => {
  const [eventId, otherId] = [uuidSource.next<EventId>(), uuidSource.next<EventId>()];
  const [heard, other]: [BookingChange[], BookingChange[]] = [[], []];
  const stop = await shop.changes.watch(eventId, (change) => heard.push(change));
  const stopOther = await shop.changes.watch(otherId, (change) => other.push(change));
  const change = {
    bookingId: uuidSource.next<BookingId>(),
    buyerId: uuidSource.next<BuyerId>(),
    status: "paid",
  } as const;
  await shop.changes.publish(eventId, change);
  await waitFor(() => heard.length > 0, { what: "the change" });
  expect(heard).toEqual([expect.objectContaining(change)]);
  await stop();
  await shop.changes.publish(eventId, change);
  await shop.changes.publish(otherId, change);
  await waitFor(() => other.length > 0, { what: "the other event's change" });
  expect(heard).toHaveLength(1);
  await stopOther();
});
