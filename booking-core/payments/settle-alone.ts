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
  if (settled?.changed !== undefined) await tellBuyer(parts, settled.changed);
  return settled;
}

/** Only the news: where it cannot be told, the booking is paid all the same. */
export async function tellBuyer(
  parts: { changes: Changes; logger: Logger },
  { id, eventId, buyerId, status }: PaidBooking,
): Promise<void> {
  await parts.changes.publish(eventId, { buyerId, bookingId: id, status }).catch((error: unknown) => {
    parts.logger.warn({ err: error, eventId, bookingId: id }, "a booking's change could not be told");
  });
}
