import { z } from "zod";
import type { Offer } from "../../booking-core/events/event.ts";
import type { PriceLine } from "../../booking-core/prices/charge.ts";
import type { OfferId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";
import { moneySchema, moneyView } from "./money.ts";
import { timeSchema, timeView } from "./time.ts";

const chargeSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(["fee", "tax"]),
    included: z.boolean().meta({ description: "Whether it was in the face price already." }),
    basisPoints: z
      .int()
      .nullable()
      .meta({ description: "Hundredths of a percent; null where it is the same for every price." }),
    amount: moneySchema,
  })
  .meta({ id: "Charge" });

export const offerSchema = z
  .strictObject({
    id: idSchema<OfferId>("The offer."),
    category: z.string(),
    price: moneySchema.meta({ description: "All that is paid for a seat, with every fee and tax." }),
    fee: moneySchema.meta({ description: "Of the price: the fees." }),
    tax: moneySchema.meta({ description: "Of the price: the taxes." }),
    charges: z.array(chargeSchema).meta({ description: "What fees and taxes there are." }),
    maxPerBooking: z.int().positive(),
    salesFrom: timeSchema("When its sale begins."),
    salesUntil: timeSchema("When its sale ends."),
  })
  .meta({ id: "Offer" });

export function offerView(offer: Offer): z.infer<typeof offerSchema> {
  const { currency } = offer.price;
  const viewOf = (amountMinor: bigint) => moneyView({ amountMinor, currency });
  return {
    id: offer.id,
    category: offer.category,
    price: moneyView(offer.price),
    fee: viewOf(offer.feeMinor),
    tax: viewOf(offer.taxMinor),
    charges: offer.charges.map((line) => ({ ...chargeView(line), amount: viewOf(line.amountMinor) })),
    maxPerBooking: offer.maxPerBooking,
    salesFrom: timeView(offer.salesFromMs),
    salesUntil: timeView(offer.salesUntilMs),
  };
}

function chargeView(line: PriceLine): Omit<z.infer<typeof chargeSchema>, "amount"> {
  const { name, kind, included } = line;
  return { name, kind, included, basisPoints: "basisPoints" in line ? line.basisPoints : null };
}
