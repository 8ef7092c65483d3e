import { createHmac } from "node:crypto";
import type { Books } from "./books.ts";
import type { Webhook } from "./journal.ts";

export type WebhookSettings = { readonly url: string; readonly secret: string };

const attemptsMost = 20;
const answerMs = 5_000;
const firstPauseMs = 250;
const longestPauseMs = 60_000;
/** Webhooks on the wire together; the others wait in the order in which they came due. */
const atOnceMost = 16;

/** Delivers webhooks until each is answered with 2xx, ever more slowly, and gives up in the end like a real provider. */
export function createDelivery(settings: WebhookSettings, finish: Books["finishWebhook"]) {
  const timers = new Set<NodeJS.Timeout>();
  const due: (() => Promise<void>)[] = [];
  let onTheWire = 0;

  function after(delayMs: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      due.push(work);
      sendDue();
    }, delayMs);
    timers.add(timer);
  }

  function sendDue(): void {
    while (onTheWire < atOnceMost) {
      const work = due.shift();
      if (work === undefined) return;
      onTheWire += 1;
      void work().finally(() => {
        onTheWire -= 1;
        sendDue();
      });
    }
  }

  async function attempt(webhook: Webhook, count: number): Promise<void> {
    const copies = Array.from({ length: webhook.copies }, () => send(settings, webhook.body));
    const answers = await Promise.all(copies);
    if (answers.every((isTaken) => isTaken)) return finish(webhook.id, true);
    if (count >= attemptsMost) return finish(webhook.id, false);
    after(Math.min(firstPauseMs * 2 ** count, longestPauseMs), () => attempt(webhook, count + 1));
  }

  return {
    deliver: (webhook: Webhook) =>
      after(Math.max(0, webhook.dueAtMs - Date.now()), () => attempt(webhook, 1)),
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      due.length = 0;
    },
  };
}

async function send({ url, secret }: WebhookSettings, body: string): Promise<boolean> {
  const headers = { "content-type": "application/json", "sandbox-signature": sign(body, secret, Date.now()) };
  try {
    const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(answerMs) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    // Not reached, or no answer in time: tried again.
    return false;
  }
}

/** `t=SECONDS,v1=HEX`: HMAC-SHA256 over the time, a dot and the body as it is sent. */
export function sign(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  const signature = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${signature}`;
}
