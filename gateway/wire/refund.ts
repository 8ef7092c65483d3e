import { z } from "zod";
import { type Refund, refundReasons } from "../../booking-core/refunds/refund.ts";
import type { BookingId, RefundId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { idSchema } from "./id.ts";
import { moneySchema, moneyView } from "./money.ts";
import { timeSchema, timeView } from "./time.ts";

const position = z
  .int()
  .min(0)
  .max(limits.booking.seatsPerBooking - 1);

export const positionsSchema = z
  .array(position)
  .min(1)
  .max(limits.booking.seatsPerBooking)
  .meta({ description: "`position` of each seat that is given back. Default: all that are left." });

export const refundToSchema = z.enum(["provider", "wallet"]).meta({
  description:
    "`provider`: the way it came, and what came from the wallet goes there. `wallet`: all of it goes there.",
});

export const refundSchema = z
  .strictObject({
    id: idSchema<RefundId>("The refund."),
    bookingId: idSchema<BookingId>("The booking.").nullable(),
    reason: z.enum(refundReasons),
    positions: z.array(position).nullable().meta({
      description: "The seats whose tickets are void; null where a payment goes back that bought none.",
    }),
    status: z.enum(["pending", "done", "parked"]).meta({
      description: "pending: the provider has it; parked: it could not be done, and people look.",
    }),
    provider: moneySchema.meta({ description: "Goes back the way it came." }),
    wallet: moneySchema.meta({ description: "Is in the wallet." }),
    createdAt: timeSchema("When it was asked for."),
  })
  .meta({ id: "Refund" });

export function refundView(refund: Refund): z.infer<typeof refundSchema> {
  const { id, bookingId, reason, positions, status, amountMinor, walletMinor, currency } = refund;
  return {
    ...{ id, bookingId, reason, status },
    positions: positions === null ? null : [...positions],
    provider: moneyView({ amountMinor, currency }),
    wallet: moneyView({ amountMinor: walletMinor, currency }),
    createdAt: timeView(refund.createdAtMs),
  };
}
