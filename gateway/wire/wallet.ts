import { z } from "zod";
import type { EntriesCursor } from "../../booking-core/ledger/account-history.ts";
import type { WalletEntry } from "../../booking-core/wallet/wallets.ts";
import { decimalsOf, isCurrency } from "../../foundation/currencies.ts";
import { type BookingId, isUuid, type PaymentId, type RefundId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { idSchema } from "./id.ts";
import { moneySchema, moneyView } from "./money.ts";
import { timeSchema, timeView } from "./time.ts";

export const currencySchema = z
  .string()
  .refine(isCurrency, "must be a currency of ISO 4217 in capitals")
  .meta({ description: "ISO 4217.", example: "EUR" });

const { topUp } = limits.wallet;
const inEuros = topUp[decimalsOf("EUR")];

const topUpAmountSchema = z
  .strictObject({
    amountMinor: z.int().meta({
      description: `Whole minor units: ${inEuros.leastMinor} to ${inEuros.mostMinor} of EUR; what that is of a currency with other decimals.`,
    }),
    currency: currencySchema,
  })
  .superRefine(({ amountMinor, currency }, context) => {
    if (!isCurrency(currency)) return;
    const { leastMinor, mostMinor } = topUp[decimalsOf(currency)];
    if (amountMinor >= leastMinor && amountMinor <= mostMinor) return;
    const message = `must be from ${leastMinor} to ${mostMinor} minor units of ${currency}`;
    context.addIssue({ code: "custom", path: ["amountMinor"], message });
  });

export const topUpRequestSchema = z.strictObject({ amount: topUpAmountSchema }).meta({ id: "TopUpRequest" });

/** Opaque to clients: what is inside may change. */
export const entriesCursorSchema = z
  .string()
  .max(100)
  .transform((text, context): EntriesCursor => {
    const id = Buffer.from(text, "base64url").toString("latin1");
    if (isUuid(id)) return id;
    context.addIssue("is not the `next` of an earlier page");
    return z.NEVER;
  })
  .meta({ description: "`next` of the page before; without, the first page.", override: { type: "string" } });

export const nextSchema = z
  .string()
  .nullable()
  .meta({ description: "The `cursor` of the next page; null: there is none." });

export function entriesCursorView(cursor: EntriesCursor | undefined): string | null {
  return cursor === undefined ? null : Buffer.from(cursor, "latin1").toString("base64url");
}

export const transferKindSchema = z.enum([
  ...(["payment", "refund", "refund_promised", "top_up", "wallet_hold", "wallet_return"] as const),
]);

export const entrySchema = z.strictObject({
  kind: transferKindSchema.meta({
    description:
      "Of a wallet: `top_up` was paid in; `wallet_hold` was put aside for a payment, which keeps it when it succeeds, and `wallet_return` is it again where it did not; `refund_promised` came of tickets that went back. Of an event: `payment` was sold, `refund_promised` went back.",
  }),
  amount: moneySchema,
  bookingId: idSchema<BookingId>("The booking.").nullable(),
  paymentId: idSchema<PaymentId>("The payment.").nullable(),
  refundId: idSchema<RefundId>("The refund.").nullable(),
  at: timeSchema("When it was recorded."),
});

export function entryView(entry: Omit<WalletEntry, "transferId">): z.infer<typeof entrySchema> {
  const { kind, amount, bookingId, paymentId, refundId, createdAtMs } = entry;
  return { kind, amount: moneyView(amount), bookingId, paymentId, refundId, at: timeView(createdAtMs) };
}
