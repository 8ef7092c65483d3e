import type { EventId } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import { inTransactionAgain } from "../../foundation/postgres/pool.ts";
import type { Changes } from "../bookings/changes.ts";
import type { PaidBooking } from "../bookings/transitions.ts";
import type { ClaimAgainParts } from "./claim-again.ts";
import { type Settle, settleLate } from "./late-money.ts";
import type { Settled, SettleParts } from "./settle-fact.ts";

export type SettleAloneParts = SettleParts & ClaimAgainParts & { readonly changes: Changes };

/** One fact in a transaction of its own; money that came late takes a second. Who waits for the booking is told. */
export async function settleAlone(parts: SettleAloneParts, settle: Settle): Promise<Settled | undefined> {
  const first = await inTransactionAgain(parts.pool, (sql) => settle(sql));
  const settled = first?.status === "late" ? await settleLate(parts, first, settle) : first;
  if (settled?.changed !== undefined) await tellBuyers(parts, [settled.changed]);
  return settled;
}

/** Only the news: where they cannot be told, the bookings are paid all the same. */
export async function tellBuyers(
  parts: { changes: Changes; logger: Logger },
  bookings: readonly PaidBooking[],
): Promise<void> {
  const tell = async ([eventId, changed]: [EventId, PaidBooking[]]) => {
    const changes = changed.map(({ id, buyerId, status }) => ({ buyerId, bookingId: id, status }));
    await parts.changes.publish(eventId, changes).catch((error: unknown) => {
      const bookingIds = changed.map(({ id }) => id);
      parts.logger.warn({ err: error, eventId, bookingIds }, "changes of bookings could not be told");
    });
  };
  await Promise.all(
    Map.groupBy(bookings, ({ eventId }) => eventId)
      .entries()
      .map(tell),
  );
}
