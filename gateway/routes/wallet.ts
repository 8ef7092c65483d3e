import { z } from "zod";
import { limits } from "../../foundation/limits.ts";
import { languageOf } from "../http/language.ts";
import { defineRoute, noBody, noParams, reply } from "../route.ts";
import { limitSchema } from "../wire/limit.ts";
import { moneySchema, moneyView } from "../wire/money.ts";
import { paymentSchema, paymentView } from "../wire/payment.ts";
import {
  currencySchema,
  entriesCursorSchema,
  entriesCursorView,
  entrySchema,
  entryView,
  nextSchema,
  topUpRequestSchema,
} from "../wire/wallet.ts";

const { historyPageMost, historyPageUsual } = limits.wallet;

export const startTopUp = defineRoute({
  name: "startTopUp",
  method: "post",
  path: "/v1/wallet/top-ups",
  summary:
    "Start to fill the wallet; the buyer pays at `payUrl`, and the money is there once the provider says so.",
  access: "buyer",
  params: noParams,
  body: topUpRequestSchema,
  idempotent: true,
  answers: {
    201: { description: "Started.", json: paymentSchema },
    200: { description: "This key started it before.", json: paymentSchema },
  },
  refusals: ["wallet_unavailable", "too_many_payments", "idempotency_key_reused", "payment_provider_down"],
  async handle({ services, body: { amount }, headers, buyer: { buyerId, email, verified } }) {
    if (!verified) return { refusal: "wallet_unavailable" };
    const started = await services.topUps.start({
      ...{ buyerId, email, amount: { ...amount, amountMinor: BigInt(amount.amountMinor) } },
      idempotencyKey: headers.idempotencyKey as string,
      language: languageOf(headers.acceptLanguage),
    });
    if (started.outcome !== "started") return { refusal: started.outcome };
    const { payment, fresh } = started;
    return reply(fresh ? 201 : 200, paymentView(payment), { Location: `/v1/payments/${payment.id}` });
  },
});

export const showWallet = defineRoute({
  name: "showWallet",
  method: "get",
  path: "/v1/wallet",
  summary:
    "What the buyer's wallet has, one balance a currency. What is put aside for payments under way is not in it.",
  access: "buyer",
  params: noParams,
  body: noBody,
  idempotent: false,
  answers: {
    200: { description: "The balances.", json: z.strictObject({ balances: z.array(moneySchema) }) },
  },
  refusals: ["wallet_unavailable"],
  async handle({ services, buyer: { buyerId, verified } }) {
    if (!verified) return { refusal: "wallet_unavailable" };
    return reply(200, { balances: (await services.wallets.balances(buyerId)).map(moneyView) });
  },
});

export const listWalletEntries = defineRoute({
  name: "listWalletEntries",
  method: "get",
  path: "/v1/wallet/history",
  summary: "What came to the wallet (plus) and was taken from it (minus), the newest first, in pages.",
  access: "buyer",
  params: noParams,
  query: z.strictObject({
    currency: currencySchema,
    limit: limitSchema(historyPageMost, historyPageUsual),
    cursor: entriesCursorSchema.optional(),
  }),
  body: noBody,
  idempotent: false,
  answers: {
    200: {
      description: "The page.",
      json: z.strictObject({ entries: z.array(entrySchema), next: nextSchema }),
    },
  },
  refusals: ["wallet_unavailable"],
  async handle({ services, query: { currency, limit, cursor }, buyer: { buyerId, verified } }) {
    if (!verified) return { refusal: "wallet_unavailable" };
    const page = await services.wallets.history({ buyerId, currency, limit, after: cursor });
    return reply(200, { entries: page.entries.map(entryView), next: entriesCursorView(page.next) });
  },
});
