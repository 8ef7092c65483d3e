import { z } from "zod";
import type { Money } from "../../foundation/money.ts";

/** Whole minor units, so a JSON number holds them exactly; what a JSON number cannot hold is a bug, not rounded. */
export const moneySchema = z
  .strictObject({
    amountMinor: z.int().meta({ description: "Whole minor units (cents of EUR), exact." }),
    currency: z.string().length(3).meta({ description: "ISO 4217." }),
  })
  .meta({ id: "Money", example: { amountMinor: 4500, currency: "EUR" } });

export function moneyView(money: Money): z.infer<typeof moneySchema> {
  const amountMinor = Number(money.amountMinor);
  if (!Number.isSafeInteger(amountMinor)) throw new Error("an amount is too large for a JSON number");
  return { amountMinor, currency: money.currency };
}
