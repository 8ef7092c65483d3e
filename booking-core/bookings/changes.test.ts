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

test("changes reach those who watch their event, and nobody else", async () => {
  const [eventId, otherId] = [uuidSource.next<EventId>(), uuidSource.next<EventId>()];
  const [heard, other]: [BookingChange[], BookingChange[]] = [[], []];
  const stop = await shop.changes.watch(eventId, (change) => heard.push(change));
  const stopOther = await shop.changes.watch(otherId, (change) => other.push(change));
  const changes = (["paid", "expired"] as const).map((status) => ({
    ...{ bookingId: uuidSource.next<BookingId>(), buyerId: uuidSource.next<BuyerId>(), status },
  }));
  await shop.changes.publish(eventId, changes);
  await waitFor(() => heard.length === 2, { what: "the changes" });
  expect(heard).toEqual(changes);
  await stop();
  await shop.changes.publish(eventId, changes);
  await shop.changes.publish(otherId, changes);
  await waitFor(() => other.length > 0, { what: "the other event's change" });
  expect(heard).toHaveLength(2);
  await stopOther();
});
