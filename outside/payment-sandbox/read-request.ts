import type { IncomingMessage } from "node:http";
import { readBehaviours } from "./behaviours.ts";
import type { How } from "./take-payments.ts";

export function readKey(request: IncomingMessage): string | undefined {
  const key = request.headers["idempotency-key"];
  return typeof key === "string" && key.length >= 1 && key.length <= 255 ? key : undefined;
}

/** `Sandbox-Behaviour`, `Sandbox-Webhook-Copies` and `Sandbox-Webhook-Delay-Ms`; nothing where one is out of range. */
export function readHow({ headers }: IncomingMessage): How | undefined {
  const behaviours = readBehaviours(headers["sandbox-behaviour"]?.toString());
  const copies = Number(headers["sandbox-webhook-copies"] ?? 1);
  const delayMs = Number(headers["sandbox-webhook-delay-ms"] ?? 0);
  const isUsable = isCount(copies, 20) && copies > 0 && isCount(delayMs, 600_000);
  return isUsable && behaviours !== undefined ? { behaviours, telling: { copies, delayMs } } : undefined;
}

export function isWebAddress(value: unknown): value is string {
  return typeof value === "string" && /^https?:/i.test(value) && URL.canParse(value);
}

export function isCount(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}
