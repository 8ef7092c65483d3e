import type { EventId } from "../../foundation/ids.ts";
import type { Jobs, NewJob } from "../../foundation/jobs/boss.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { NewBooking } from "./new-booking.ts";

type Due = { readonly eventId: EventId; readonly dueMs: number };

export type ExpirySchedule = {
  /** Inserts the jobs that are missing for these bookings; to be told to `remember` when they have committed. */
  insert(sql: Sql, bookings: readonly NewBooking[]): Promise<readonly Due[]>;
  remember(committed: readonly Due[]): void;
};

/**
 * One job an event and second, due when every deadline of that second has passed. A second's job that this process
 * has committed is not inserted again: a few hundred groups a second would leave as many jobs.
 */
export function createExpirySchedule(jobs: Jobs): ExpirySchedule {
  /** Deadlines grow with time, so the newest second of an event is enough. */
  const newest = new Map<EventId, number>();
  return {
    async insert(sql, bookings) {
      const missing = dueOf(bookings).filter(({ eventId, dueMs }) => newest.get(eventId) !== dueMs);
      if (missing.length > 0) await jobs.insert(sql, "expire-bookings", missing.map(toJob));
      return missing;
    },
    remember(committed) {
      for (const { eventId, dueMs } of committed)
        if (dueMs > (newest.get(eventId) ?? 0)) newest.set(eventId, dueMs);
    },
  };
}

function dueOf(bookings: readonly Pick<NewBooking, "eventId" | "deadlineMs">[]): readonly Due[] {
  const due = new Map<string, Due>();
  for (const { eventId, deadlineMs } of bookings) {
    const dueMs = (Math.floor(deadlineMs / 1_000) + 1) * 1_000;
    due.set(`${eventId} ${dueMs}`, { eventId, dueMs });
  }
  return [...due.values()];
}

/** The job of one deadline that was put off. */
export async function scheduleExpiry(
  jobs: Jobs,
  sql: Sql,
  booking: Pick<NewBooking, "eventId" | "deadlineMs">,
): Promise<void> {
  await jobs.insert(sql, "expire-bookings", dueOf([booking]).map(toJob));
}

function toJob({ eventId, dueMs }: Due): NewJob<"expire-bookings"> {
  return { data: { eventId }, startAfter: new Date(dueMs) };
}
