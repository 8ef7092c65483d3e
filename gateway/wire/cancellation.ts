import { z } from "zod";
import type { Cancellation } from "../../booking-core/refunds/cancellation.ts";
import type { EventId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";
import { timeSchema, timeView } from "./time.ts";

const count = (description: string) => z.int().nonnegative().meta({ description });

export const cancellationSchema = z
  .strictObject({
    eventId: idSchema<EventId>("The event."),
    startedAt: timeSchema("When nothing was sold any more."),
    finishedAt: timeSchema(
      "When all bookings were refunded; the provider may still have some of the money.",
    ).nullable(),
    bookings: count("Paid bookings."),
    refunded: count("Of them those that are refunded; fewer at the end, where buyers were first."),
    pending: count("Refunds that the provider has not done yet."),
    parked: count("Refunds that the provider could not do: people look."),
    parkedPayments: count(
      "Payments of another amount than was asked for: their money is here until an admin gives it back.",
    ),
  })
  .meta({ id: "Cancellation" });

export function cancellationView({
  startedAtMs,
  finishedAtMs,
  ...same
}: Cancellation): z.infer<typeof cancellationSchema> {
  const finishedAt = finishedAtMs === null ? null : timeView(finishedAtMs);
  return { ...same, startedAt: timeView(startedAtMs), finishedAt };
}
