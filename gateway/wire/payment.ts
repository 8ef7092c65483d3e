import { z } from "zod";
import type { Payment } from "../../booking-core/payments/payment.ts";
import type { BookingId, PaymentId } from "../../foundation/ids.ts";
import { idSchema } from "./id.ts";
import { moneySchema, moneyView } from "./money.ts";

export const paymentSchema = z
  .strictObject({
    id: idSchema<PaymentId>("The payment."),
    bookingId: idSchema<BookingId>("The booking; nothing where it fills a wallet.").nullable(),
    provider: z
      .enum(["sandbox", "stripe", "wallet"])
      .meta({ description: "`wallet` where the wallet pays all." }),
    status: z.enum(["created", "pending", "succeeded", "failed", "parked"]),
    amount: moneySchema.meta({ description: "Through the provider." }),
    walletAmount: moneySchema.meta({ description: "From the wallet." }),
    walletState: z.enum(["none", "held", "taken", "returned"]).meta({
      description: "`held`: put aside until the payment succeeds; `returned`: it is in the wallet again.",
    }),
    refunded: moneySchema.meta({ description: "What was given back or promised through the provider." }),
    walletRefunded: moneySchema.meta({ description: "What went back to the wallet." }),
    problem: z.string().nullable().meta({
      description:
        "Why it bought nothing: `too_late` or `paid_twice`, and the money goes back; `wrong_amount`, and people look at it; `refused` by the provider when it was begun.",
    }),
    payUrl: z
      .string()
      .nullable()
      .meta({ description: "Where the buyer pays; nothing where the wallet pays all." }),
  })
  .meta({ id: "Payment" });

export function paymentView(payment: Payment): z.infer<typeof paymentSchema> {
  const { id, bookingId, provider, status, amount, walletState, problem, payUrl } = payment;
  const inMinor = (amountMinor: bigint) => moneyView({ ...amount, amountMinor });
  return {
    ...{ id, bookingId, provider, status, walletState, problem, payUrl, amount: moneyView(amount) },
    walletAmount: inMinor(payment.walletMinor),
    refunded: inMinor(payment.refundedMinor),
    walletRefunded: inMinor(payment.walletRefundedMinor),
  };
}
