import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";

/** What happened, in order. Kept in a file, so that the provider's books survive its restart. */
export type Entry =
  | { readonly type: "payment_created"; readonly payment: NewPayment }
  | { readonly type: "payment_decided"; readonly paymentId: string; readonly status: "succeeded" | "failed" }
  | { readonly type: "refund_made"; readonly refund: Refund }
  | { readonly type: "webhook_due"; readonly webhook: Webhook }
  | { readonly type: "webhook_done"; readonly webhookId: string; readonly delivered: boolean };

export type NewPayment = {
  readonly id: string;
  readonly idempotencyKey: string;
  /** The merchant's id of the payment. */
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly returnUrl: string;
  readonly webhookCopies: number;
  readonly webhookDelayMs: number;
};

export type Refund = {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly paymentId: string;
  readonly amountMinor: number;
};

export type Webhook = {
  readonly id: string;
  readonly body: string;
  readonly copies: number;
  readonly dueAtMs: number;
};

export type Journal = { readonly entries: readonly Entry[]; append(entry: Entry): void; close(): void };

/** Each entry is on disk before `append` returns. A half-written last line of a crash is left out. */
export function openJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/journal.jsonl`;
  const entries = existsSync(path) ? readEntries(readFileSync(path, "utf8")) : [];
  const file = openSync(path, "a");
  return {
    entries,
    append: (entry) => {
      writeSync(file, `${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    },
    close: () => closeSync(file),
  };
}

function readEntries(text: string): Entry[] {
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  return complete
    .split("\n")
    .filter((line) => line !== "")
    .flatMap(readEntry);
}

/** A line that a crash has cut, and that the next start has written behind. */
function readEntry(line: string): Entry[] {
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
