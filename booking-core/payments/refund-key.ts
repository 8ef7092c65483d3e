import type { RefundId } from "../../foundation/ids.ts";

/** What a provider refused for good it refuses under the same key for ever: people's next try has another. */
export function refundKey({ refundId, attempt = 0 }: { refundId: RefundId; attempt?: number }): string {
  return attempt === 0 ? refundId : `${refundId}-${attempt}`;
}
