import type { Entry, Webhook } from "./entries.ts";
import type { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { type Shelf, shelve } from "./shelf.ts";
import { type News, webhooksOf } from "./tell.ts";

export type Recorder = {
  readonly shelf: Shelf;
  /** How late is late. */
  readonly lateMs: number;
  /** Journal and memory at once; its webhooks leave when the journal is on disk. */
  record(...entries: Entry[]): void;
  news(news: News): Entry[];
  at(atMs: number, work: () => void): void;
  stop(): void;
};

export type RecorderSettings = Pick<Recorder, "shelf" | "lateMs"> & {
  readonly journal: Journal;
  readonly faults: Faults;
  readonly onWebhook: (webhook: Webhook) => void;
};

export function createRecorder({ journal, shelf, faults, lateMs, onWebhook }: RecorderSettings): Recorder {
  const timers = new Set<NodeJS.Timeout>();
  return {
    shelf,
    lateMs,
    record(...entries) {
      // A webhook whose delivery a crash has made forgotten comes again, as any may.
      if (entries.every(({ type }) => type === "webhook_done")) journal.appendLoosely(...entries);
      else journal.append(...entries);
      for (const entry of entries) {
        shelve(shelf, entry);
        if (entry.type === "webhook_due") void journal.flushed().then(() => onWebhook(entry.webhook));
      }
    },
    news: (news) =>
      webhooksOf(news, faults, lateMs).map((webhook) => ({ type: "webhook_due", webhook }) as const),
    at(atMs, work) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        work();
      }, atMs - Date.now());
      timers.add(timer);
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
