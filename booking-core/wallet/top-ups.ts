import type { Clock } from "../../foundation/clock.ts";
import { type BuyerId, type PaymentId, uuidFromParts } from "../../foundation/ids.ts";
import type { Language } from "../../foundation/language.ts";
import { limits } from "../../foundation/limits.ts";
import type { Money } from "../../foundation/money.ts";
import { inTransaction, type Sql } from "../../foundation/postgres/pool.ts";
import { type AskParts, askProvider } from "../payments/ask-provider.ts";
import { findPayment } from "../payments/find-payment.ts";
import type { Payment } from "../payments/payment.ts";

export type TopUpRequest = {
  readonly buyerId: BuyerId;
  readonly email: string;
  readonly amount: Money;
  readonly idempotencyKey: string;
  readonly language: Language;
};

export type TopUpOutcome =
  | { readonly outcome: "started"; readonly payment: Payment; readonly fresh: boolean }
  | { readonly outcome: "too_many_payments" | "idempotency_key_reused" | "payment_provider_down" };

export type TopUps = { start(request: TopUpRequest): Promise<TopUpOutcome> };

export type TopUpParts = AskParts & { readonly clock: Clock; readonly publicUrl: string };

/** As a payment of a booking: the row first, the provider then, and the same key goes on where it stopped. */
export function createTopUps(parts: TopUpParts): TopUps {
  return {
    async start(request) {
      const { buyerId, email, idempotencyKey } = request;
      const id = uuidFromParts("top-up", buyerId, idempotencyKey) as PaymentId;
      const begun = await begin(parts, id, request);
      if (begun === undefined) return { outcome: "too_many_payments" };
      const { payment, fresh } = begun;
      if (!isSame(payment.amount, request.amount)) return { outcome: "idempotency_key_reused" };
      if (payment.status !== "created") return { outcome: "started", payment, fresh };
      const returnUrl = `${parts.publicUrl.replace(/\/+$/, "")}/wallet/back`;
      const asked = await askProvider(parts, payment, {
        description: "Money for the wallet",
        email,
        returnUrl,
      });
      if (asked === undefined) return { outcome: "payment_provider_down" };
      return { outcome: "started", payment: asked, fresh };
    },
  };
}

/** One request of a buyer after the other: else many at once would each find that not too many are open. */
function begin({ pool, providers, clock }: TopUpParts, id: PaymentId, request: TopUpRequest) {
  const { buyerId, amount, language } = request;
  return inTransaction(pool, async (sql) => {
    await sql.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`top-up ${buyerId}`]);
    const known = await findPayment(sql, id);
    if (known !== undefined) return { payment: known, fresh: false };
    if ((await countOpen(sql, buyerId, clock.now())) >= limits.wallet.topUpsOpen) return undefined;
    await sql.query(
      `insert into payments (id, buyer_id, purpose, provider, status, amount_minor, currency, language)
       values ($1, $2, 'top_up', $3, 'created', $4, $5, $6)`,
      [id, buyerId, providers.current.name, amount.amountMinor, amount.currency, language],
    );
    const payment = await findPayment(sql, id);
    if (payment === undefined) throw new Error(`payment ${id} was just made and is gone`);
    return { payment, fresh: true };
  });
}

async function countOpen(sql: Sql, buyerId: BuyerId, nowMs: number): Promise<number> {
  const found = await sql.query(
    `select from payments where buyer_id = $1 and created_at > $2 and purpose = 'top_up' and status in ('created', 'pending')`,
    [buyerId, new Date(nowMs - limits.wallet.topUpOpenMs)],
  );
  return found.rowCount ?? 0;
}

function isSame(left: Money, right: Money): boolean {
  return left.amountMinor === right.amountMinor && left.currency === right.currency;
}
