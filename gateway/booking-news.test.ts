import { expect, test } from "vitest";
import { bookingStatuses } from "../booking-core/bookings/booking.ts";
import type { Standing } from "../queue-admission/room.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import { testBooking, testBuyer, tokenOf } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testServices } from "./test-services.ts";
import { openRoom } from "./test-socket.ts";
import { openStream } from "./test-stream.ts";

const [ada, bob] = [testBuyer("ada"), testBuyer("bob")];
const inside: Standing = { outcome: "inside", lane: "general", number: 3, passEndsAtMs: 1_800_000_000_000 };

test("who is inside hears of every change of the own bookings, by socket and by stream, and of nobody else's", async () => {
  const { rooms } = testServices({} as never, {} as never);
  const gateway = await startTestGateway({ rooms: { ...rooms, standing: async () => inside } });
  const socket = await openRoom(gateway, tokenOf(ada));
  const stream = await openStream(gateway, tokenOf(ada));
  const other = await openRoom(gateway, tokenOf(bob));
  await Promise.all([
    socket.heard({ outcome: "inside" }),
    stream.heard("standing"),
    other.heard({ outcome: "inside" }),
  ]);
  const { id: bookingId } = testBooking(ada.buyerId);
  // The second one of the first status: seats were given back, or the deadline put off.
  const statuses = ["pending_payment", ...bookingStatuses] as const;
  for (const status of statuses) gateway.feeds.change({ buyerId: ada.buyerId, bookingId, status });
  const expected = statuses.map((status) => ({ type: "booking", bookingId, status }));
  for (const { messages } of [socket, stream]) {
    const heard = () => messages.filter(({ type }) => type === "booking");
    await waitFor(() => heard().length === expected.length, { what: "the changes" });
    expect(heard()).toEqual(expected);
  }
  expect(other.messages.filter(({ type }) => type === "booking")).toEqual([]);
});
