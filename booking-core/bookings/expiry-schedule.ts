import type { EventId } from "../../foundation/ids.ts";
import type { Jobs, NewJob } from "../../foundation/jobs/boss.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import type { NewBooking } from "./new-booking.ts";

type Due = { readonly key: string; readonly eventId: EventId; readonly dueMs: number };

export type ExpirySchedule = {
  /** Inserts the jobs that are missing for these bookings; to be told to `remember` when they have committed. */
  insert(sql: Sql, bookings: readonly NewBooking[]): Promise<readonly Due[]>;
  remember(committed: readonly Due[]): void;
};

/** Of all events. What is forgotten is inserted once more, and Postgres has it already. */
const secondsRemembered = 1_000;
/** The key names its second, so it is one for all time: 68 years are the most that pg-boss can count. */
const ever = 2 ** 31 - 1;

/**
 * One job an event and second, whoever inserts it, due when every deadline of that second has passed. Whoever finds another
 * transaction inserting it waits for that one to end; so it is inserted last, right before the commit. A second's job that
 * this process knows to be there is not inserted again: there are a few hundred groups in a second.
 */
export function createExpirySchedule(jobs: Jobs): ExpirySchedule {
  const there = new Set<string>();
  return {
    async insert(sql, bookings) {
      const missing = dueOf(bookings).filter(({ key }) => !there.has(key));
      if (missing.length > 0) await jobs.insert(sql, "expire-bookings", missing.map(toJob));
      return missing;
    },
    remember(committed) {
      for (const { key } of committed) there.add(key);
      for (const oldest of there) {
        if (there.size <= secondsRemembered) return;
        there.delete(oldest);
      }
    },
  };
}

/** In one order, so that two transactions never wait for each other in a circle. */
function dueOf(bookings: readonly Pick<NewBooking, "eventId" | "deadlineMs">[]): readonly Due[] {
  const due = new Map<string, Due>();
  for (const { eventId, deadlineMs } of bookings) {
    const dueMs = (Math.floor(deadlineMs / 1_000) + 1) * 1_000;
    const key = `${eventId} ${dueMs}`;
    due.set(key, { key, eventId, dueMs });
  }
  return [...due.values()].toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

/** The job of one deadline that was put off. */
export async function scheduleExpiry(
  jobs: Jobs,
  sql: Sql,
  booking: Pick<NewBooking, "eventId" | "deadlineMs">,
): Promise<void> {
  await jobs.insert(sql, "expire-bookings", dueOf([booking]).map(toJob));
}

function toJob({ key, eventId, dueMs }: Due): NewJob<"expire-bookings"> {
  return { data: { eventId }, startAfter: new Date(dueMs), once: { key, seconds: ever } };
}
