import type { Webhook } from "./entries.ts";
import { newId } from "./tell.ts";
import { createPost, type Post, type Receiver } from "./webhooks.ts";
import { createWire } from "./wire.ts";

export type Delivery = { deliver(webhook: Webhook): void; stop(): void };

const attemptsMost = 20;
const firstPauseMs = 250;
const longestPauseMs = 60_000;
/** Webhooks on the wire together; the others wait in the order in which they came due. */
const atOnceMost = 64;
const wrongSecret = "what-somebody-else-would-sign-with";

/** Delivers webhooks until each is answered with 2xx, ever more slowly, and gives up in the end like a real provider. */
export function createDelivery(
  receiver: Receiver,
  finish: (webhookId: string, delivered: boolean) => void,
): Delivery {
  const { post, close } = createPost(receiver, 2 * atOnceMost);
  const wire = createWire(atOnceMost);

  async function attempt(webhook: Webhook, count: number): Promise<void> {
    const isTaken = await sendOnce(post, webhook, count === 1);
    if (isTaken) return finish(webhook.id, true);
    if (count >= attemptsMost) return finish(webhook.id, false);
    wire.after(Math.min(firstPauseMs * 2 ** count, longestPauseMs), () => attempt(webhook, count + 1));
  }

  return {
    deliver(webhook) {
      const waitMs = Math.max(0, webhook.dueAtMs - Date.now());
      const work = () => attempt(webhook, 1);
      if (webhook.isHeldBack === true) wire.overtaken(waitMs, work);
      else wire.after(waitMs, work);
    },
    stop() {
      wire.stop();
      close();
    },
  };
}

/** Whether all copies were taken. What comes before them is news to nobody, and never comes again. */
async function sendOnce(
  post: Post,
  { body, copies, ...webhook }: Webhook,
  isFirst: boolean,
): Promise<boolean> {
  if (isFirst && webhook.isForgedFirst === true) await post(body, wrongSecret);
  if (isFirst && webhook.isUnknownFirst === true)
    await post(JSON.stringify({ id: newId("evt"), type: "payout.paid", data: {} }));
  const taken = await Promise.all(Array.from({ length: copies }, () => post(body)));
  return taken.every((isTaken) => isTaken);
}
