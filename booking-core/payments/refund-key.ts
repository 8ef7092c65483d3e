import type { RefundId } from "../../foundation/ids.ts";

/** What a provider refused for good it refuses under the same key for ever: people's next try has another. */
export function refundKey({ refundId, attempt = 0 }: { refundId: RefundId; attempt?: number }): string {
  return attempt === 0 ? refundId : `${refundId}-${attempt}`;
}

const keyPattern = /^(.*)-([1-9]\d{0,4})$/;
const idLength = 36;

/** What a key that comes back was made of. */
export function readRefundKey(key: string): { readonly refundId: RefundId; readonly attempt: number } {
  const [, refundId, attempt] = keyPattern.exec(key) ?? [];
  if (refundId?.length !== idLength) return { refundId: key as RefundId, attempt: 0 };
  return { refundId: refundId as RefundId, attempt: Number(attempt) };
}
