/**
 * A stand-in for a payment provider, as a server of its own: it knows nothing of Onsale but an address for its
 * webhooks and two secrets. Settings: SANDBOX_HOST, SANDBOX_PORT, SANDBOX_PUBLIC_URL, SANDBOX_API_KEY,
 * SANDBOX_WEBHOOK_SECRET (several, parted by commas, while it changes), SANDBOX_WEBHOOK_URL, SANDBOX_DATA;
 * SANDBOX_FAULTS (JSON, see docs/payment-sandbox.md), SANDBOX_LATE_MS, SANDBOX_AMOUNTS_SPEAK (`no`: amounts ask for
 * nothing).
 */
import { createServer } from "node:http";
import { problem, send } from "./answer.ts";
import { createDelivery } from "./delivery.ts";
import type { Desk } from "./desk.ts";
import { createFaults, type FaultMix, readFaultMix } from "./faults.ts";
import { endLater } from "./give-back.ts";
import { openJournal } from "./journal.ts";
import { createRecorder } from "./recorder.ts";
import { answer } from "./routes.ts";
import { emptyShelf, shelve } from "./shelf.ts";
import { keepPromise } from "./take-payments.ts";

const host = process.env["SANDBOX_HOST"] ?? "127.0.0.1";
const port = Number(setting("SANDBOX_PORT"));
const receiver = { url: setting("SANDBOX_WEBHOOK_URL"), secret: setting("SANDBOX_WEBHOOK_SECRET") };
const faults = createFaults(firstFaults());
const shelf = emptyShelf();
const journal = openJournal(setting("SANDBOX_DATA"), (entry) => shelve(shelf, entry));
const delivery = createDelivery(receiver, (webhookId, delivered) =>
  recorder.record({ type: "webhook_done", webhookId, delivered }),
);
const lateMs = Number(process.env["SANDBOX_LATE_MS"] ?? 5_000);
const recorder = createRecorder({ journal, shelf, faults, lateMs, onWebhook: delivery.deliver });
const desk: Desk = {
  ...{ recorder, shelf, faults, stumbled: new Set() },
  publicUrl: process.env["SANDBOX_PUBLIC_URL"] ?? `http://${host}:${port}`,
  apiKey: setting("SANDBOX_API_KEY"),
  amountsSpeak: process.env["SANDBOX_AMOUNTS_SPEAK"] !== "no",
};

for (const webhook of shelf.webhooks.values()) delivery.deliver(webhook);
for (const payment of shelf.list) keepPromise(recorder, payment);
for (const refund of shelf.refundList) endLater(recorder, refund);

const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
  void answer(request, desk)
    .then(async (answered) => {
      await journal.flushed();
      return answered;
    })
    .catch((error: unknown) => {
      process.stderr.write(`payment sandbox: ${request.method} ${request.url}: ${String(error)}\n`);
      return problem(500, "Something broke.");
    })
    .then((answered) => send(response, answered));
});
server.on("error", (error) => {
  process.stderr.write(`The payment sandbox cannot listen: ${error.message}\n`);
  process.exit(1);
});
server.listen(port, host, () => process.send?.({ type: "ready", url: desk.publicUrl }));

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
process.on("disconnect", stop);

function stop(): void {
  delivery.stop();
  recorder.stop();
  server.close();
  server.closeAllConnections();
  journal.close();
  process.exit();
}

function setting(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  return refuse(`The payment sandbox needs ${name}.`);
}

function firstFaults(): FaultMix {
  const text = process.env["SANDBOX_FAULTS"] ?? "";
  const mix = readFaultMix(text === "" ? {} : (JSON.parse(text) as Record<string, unknown>));
  return mix ?? refuse("SANDBOX_FAULTS names a fault or a share that the payment sandbox does not know.");
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
