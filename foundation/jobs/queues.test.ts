import { expect, test } from "vitest";
import { type QueueName, queueSettings } from "./queues.ts";

const days = 24 * 60 * 60;

/** As pg-boss counts: at first half of what has doubled, and by chance up to all of it. */
function leastSecondsOf(name: QueueName): number {
  const { retryLimit, retryDelay, retryDelayMax } = queueSettings[name];
  const delays = Array.from({ length: retryLimit }, (_, tried) =>
    Math.min(retryDelayMax, (retryDelay * 2 ** Math.min(16, tried)) / 2),
  );
  return delays.reduce((sum, delay) => sum + delay, 0);
}

test("the job of an e-mail outlives the two days that the e-mail waits: else nobody would mark it as failed", () => {
  expect(leastSecondsOf("send-email")).toBeGreaterThan(2 * days);
});

test("a provider is asked for a refund for at least a day", () => {
  expect(leastSecondsOf("refund-payment")).toBeGreaterThan(days);
});
