import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";

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

export type Journal = {
  readonly entries: readonly Entry[];
  /** What belongs together is one line: after a crash all of it is there, or nothing. */
  append(...entries: Entry[]): void;
  close(): void;
};

/** Entries are on disk before `append` returns. The half-written last line of a crash is cut off. */
export function openJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/journal.jsonl`;
  const entries = existsSync(path) ? readComplete(path) : [];
  const file = openSync(path, "a");
  return {
    entries,
    append: (...together) => {
      writeSync(file, `${JSON.stringify(together)}\n`);
      fsyncSync(file);
    },
    close: () => closeSync(file),
  };
}

function readComplete(path: string): Entry[] {
  const text = readFileSync(path, "utf8");
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  // Else the next entry would stand on the cut line and be lost with it.
  truncateSync(path, Buffer.byteLength(complete));
  const lines = complete.split("\n").filter((line) => line !== "");
  return lines.flatMap((line) => JSON.parse(line) as Entry[]);
}
