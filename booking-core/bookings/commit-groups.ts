import type { BookingId, BuyerId, EventId, OfferId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Money } from "../../foundation/money.ts";
import { commitGroup, type CommitParts } from "./commit-group.ts";

/** A booking whose seats are held in Redis and that waits for its commit. */
export type NewBooking = {
  readonly id: BookingId;
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly offerId: OfferId;
  readonly buyerId: BuyerId;
  readonly buyerEmail: string;
  readonly requestHash: string;
  readonly quantity: number;
  /** Empty in a standing section. */
  readonly seatNumbers: readonly number[];
  readonly standing: boolean;
  readonly total: Money;
  readonly createdAtMs: number;
  readonly deadlineMs: number;
};

export type CommitOutcome =
  | "committed"
  /** A booking of this id was there before; this one was not written. */
  | "exists"
  /** Postgres has sold a seat, or the stock, to another: Redis had forgotten that. */
  | "refused"
  /** Nothing was written. */
  | "unavailable"
  /** Whether it was written cannot be told now. */
  | "unknown"
  | "busy";

type Waiting = { readonly booking: NewBooking; readonly resolve: (outcome: CommitOutcome) => void };

export type CommitGroups = {
  commit(booking: NewBooking): Promise<CommitOutcome>;
  /** Resolves when nothing waits any more. */
  drain(): Promise<void>;
};

/** Gathers bookings for a few milliseconds and commits them together (docs/adr/0002). */
export function createCommitGroups(parts: CommitParts & { logger: Logger }): CommitGroups {
  const waiting: Waiting[] = [];
  const running = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;

  function startGroups(): void {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && running.size < limits.booking.commitsAtOnce) {
      const group = waiting.splice(0, limits.booking.bookingsPerCommit);
      const run: Promise<void> = settle(parts, group).finally(() => {
        running.delete(run);
        startGroups();
      });
      running.add(run);
    }
  }

  return {
    commit(booking) {
      if (waiting.length >= limits.booking.bookingsWaiting) return Promise.resolve("busy");
      return new Promise((resolve) => {
        waiting.push({ booking, resolve });
        if (waiting.length >= limits.booking.bookingsPerCommit) startGroups();
        else timer ??= setTimeout(startGroups, limits.booking.commitWaitMs);
      });
    },
    async drain() {
      startGroups();
      while (running.size > 0) await Promise.all(running);
    },
  };
}

async function settle(parts: CommitParts & { logger: Logger }, group: readonly Waiting[]): Promise<void> {
  const outcomes = await commitGroup(
    parts,
    group.map((entry) => entry.booking),
  );
  for (const [index, entry] of group.entries()) entry.resolve(outcomes[index] ?? "unknown");
}
