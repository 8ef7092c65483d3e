import type { BookingId, BuyerId } from "../../foundation/ids.ts";
import { createPostgresWatch } from "../../foundation/postgres/postgres-watch.ts";
import { book, bookOtherwise } from "./book.ts";
import type { BookingsParts } from "./book-parts.ts";
import { type BookOutcome, type BookRequest, identityOf, type RequestIdentity } from "./book-request.ts";
import type { Booking } from "./booking.ts";
import { commitGroup } from "./commit-group.ts";
import { createCommitGroups } from "./commit-groups.ts";
import { createEarlierBookings } from "./earlier-bookings.ts";
import { createExpirySchedule } from "./expiry-schedule.ts";
import { findBooking } from "./find-booking.ts";
import { createFreeSeats } from "./free-seats.ts";

export type Bookings = {
  book(request: BookRequest): Promise<BookOutcome>;
  /** A booking of somebody else is not there. */
  find(buyerId: BuyerId, bookingId: BookingId): Promise<Booking | undefined>;
  /** Settles when every booking under way has its outcome. */
  drain(): Promise<void>;
};

type UnderWay = { readonly requestHash: string; readonly outcome: Promise<BookOutcome> };

export function createBookings(parts: BookingsParts): Bookings {
  const expiry = createExpirySchedule(parts.jobs);
  const postgres = createPostgresWatch(parts);
  const groups = createCommitGroups({
    commit: (group) => commitGroup({ ...parts, postgres, expiry }, group),
    clock: parts.clock,
  });
  const inside = {
    ...parts,
    postgres,
    groups,
    freeSeats: createFreeSeats(parts),
    earlier: createEarlierBookings(parts),
  };
  /** Requests under way by booking: the same request sent at once several times is one. */
  const underWay = new Map<BookingId, UnderWay>();

  async function share(first: UnderWay, identity: RequestIdentity): Promise<BookOutcome> {
    if (first.requestHash !== identity.requestHash) return bookOtherwise(inside, identity);
    const shared = await first.outcome;
    return shared.outcome === "booked" ? { ...shared, fresh: false } : shared;
  }

  return {
    book(request) {
      const identity = identityOf(request);
      const first = underWay.get(identity.bookingId);
      if (first !== undefined) return share(first, identity);
      const outcome = book(inside, request, identity).finally(() => underWay.delete(identity.bookingId));
      underWay.set(identity.bookingId, { requestHash: identity.requestHash, outcome });
      return outcome;
    },
    find: async (buyerId, bookingId) => {
      const found = await findBooking(parts.pool, bookingId);
      return found?.booking.buyerId === buyerId ? found.booking : undefined;
    },
    drain: async () => {
      while (underWay.size > 0)
        await Promise.allSettled([...underWay.values()].map(({ outcome }) => outcome));
      await groups.drain();
    },
  };
}
