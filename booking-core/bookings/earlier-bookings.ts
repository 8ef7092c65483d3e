import type { BookingId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { BookOutcome, RequestIdentity } from "./book-request.ts";
import { type FoundBooking, findBooking } from "./find-booking.ts";

/** Whether a booking was made before, asked for many at once; `busy` where that cannot be said soon. */
export type EarlierBookings = { find(bookingId: BookingId): Promise<FoundBooking | "busy" | undefined> };

type Waiting = {
  readonly bookingId: BookingId;
  readonly resolve: (isThere: boolean) => void;
  readonly reject: (error: unknown) => void;
};

/** So long those who ask wait for others, and so many share a query. */
const waitMs = 3;
const idsPerQuery = 1_000;

/**
 * Whoever is refused may be repeating a request that was not, and must hear of that booking. When all is sold out nearly
 * nobody is; so the questions of a few milliseconds are one look at an index, and there is one such look at a time: where
 * Postgres is slow, they must not take the connections of the commits. Nor do they wait for long, or without a bound.
 */
export function createEarlierBookings({ pool }: { pool: Pick<Pool, "query"> }): EarlierBookings {
  const waiting: Waiting[] = [];
  let asking = false;

  function isThere(bookingId: BookingId): Promise<boolean | "busy"> {
    if (waiting.length >= limits.booking.repeats.waiting) return Promise.resolve("busy");
    const { promise, resolve, reject } = Promise.withResolvers<boolean | "busy">();
    const patience = setTimeout(() => resolve("busy"), limits.booking.repeats.waitMs);
    waiting.push({ bookingId, resolve, reject });
    if (!asking) {
      asking = true;
      setTimeout(() => void askAll(), waitMs);
    }
    return promise.finally(() => clearTimeout(patience));
  }

  async function askAll(): Promise<void> {
    while (waiting.length > 0) await answer(pool, waiting.splice(0, idsPerQuery));
    asking = false;
  }

  return {
    find: async (bookingId) => {
      const isKnown = await isThere(bookingId);
      if (isKnown === "busy") return isKnown;
      return isKnown ? findBooking(pool, bookingId) : undefined;
    },
  };
}

async function answer(pool: Pick<Pool, "query">, asked: readonly Waiting[]): Promise<void> {
  try {
    const found = await pool.query<{ id: BookingId }>({
      name: "earlier-bookings",
      text: "select id from bookings where id = any($1::uuid[])",
      values: [asked.map(({ bookingId }) => bookingId)],
    });
    const ids = new Set(found.rows.map(({ id }) => id));
    for (const { bookingId, resolve } of asked) resolve(ids.has(bookingId));
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}

/** A repeated request gets the outcome of the first one, also where it would be refused today. */
export async function earlierOutcome(
  { earlier }: { readonly earlier: EarlierBookings },
  { bookingId, requestHash }: RequestIdentity,
): Promise<BookOutcome | undefined> {
  const known = await earlier.find(bookingId);
  if (known === undefined) return undefined;
  if (known === "busy") return { outcome: known };
  if (known.requestHash !== requestHash) return { outcome: "idempotency_key_reused" };
  return { outcome: "booked", booking: known.booking, fresh: false };
}
