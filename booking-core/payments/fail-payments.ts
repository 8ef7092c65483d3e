import type { Sql } from "../../foundation/postgres/pool.ts";
import type { RefundParts } from "../refunds/open-refunds.ts";
import { returnWallet } from "../wallet/return-wallet.ts";
import type { Payment } from "./payment.ts";

export function isUnderWay({ status }: Payment): boolean {
  return status === "created" || status === "pending";
}

/** The provider says no to payments under way, which the caller has locked: what they hold of wallets goes back. */
export async function failPayments(
  parts: RefundParts,
  sql: Sql,
  payments: readonly Payment[],
): Promise<void> {
  await markFailed(sql, payments);
  await returnWallet(parts, sql, payments);
}

/** The same without the wallets, which the caller gives theirs back. */
export async function markFailed(sql: Sql, payments: readonly Payment[]): Promise<void> {
  if (payments.length === 0) return;
  await sql.query({
    name: "fail-payments",
    text: "update payments set status = 'failed', settled_at = now() where id = any($1::uuid[])",
    values: [payments.map(({ id }) => id)],
  });
}
