/**
 * A stand-in for a payment provider, as a server of its own: it knows nothing of Onsale but an address for its
 * webhooks and two secrets. Settings: SANDBOX_HOST, SANDBOX_PORT, SANDBOX_PUBLIC_URL, SANDBOX_API_KEY,
 * SANDBOX_WEBHOOK_SECRET, SANDBOX_WEBHOOK_URL, SANDBOX_DATA.
 */
import { createServer } from "node:http";
import { problem, send } from "./answer.ts";
import { openBooks } from "./books.ts";
import { openJournal } from "./journal.ts";
import { answer } from "./routes.ts";
import { createDelivery } from "./webhooks.ts";

const host = process.env["SANDBOX_HOST"] ?? "127.0.0.1";
const port = Number(setting("SANDBOX_PORT"));
const publicUrl = process.env["SANDBOX_PUBLIC_URL"] ?? `http://${host}:${port}`;
const apiKey = setting("SANDBOX_API_KEY");

const journal = openJournal(setting("SANDBOX_DATA"));
const delivery = createDelivery(
  { url: setting("SANDBOX_WEBHOOK_URL"), secret: setting("SANDBOX_WEBHOOK_SECRET") },
  (id, delivered) => books.finishWebhook(id, delivered),
);
const books = openBooks(journal, delivery.deliver);
for (const webhook of books.webhooks.values()) delivery.deliver(webhook);

const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
  void answer(request, books, { publicUrl, apiKey })
    .catch((error: unknown) => {
      process.stderr.write(`payment sandbox: ${request.method} ${request.url}: ${String(error)}\n`);
      return problem(500, "Something broke.");
    })
    .then((result) => send(response, result));
});
server.on("error", (error) => {
  process.stderr.write(`The payment sandbox cannot listen: ${error.message}\n`);
  process.exit(1);
});
server.listen(port, host, () => process.send?.({ type: "ready", url: publicUrl }));

for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
process.on("disconnect", stop);

function stop(): void {
  delivery.stop();
  server.close();
  server.closeAllConnections();
  journal.close();
  process.exit();
}

function setting(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  process.stderr.write(`The payment sandbox needs ${name}.\n`);
  process.exit(1);
}
