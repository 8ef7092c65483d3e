import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, problem, readJson } from "./answer.ts";
import type { Behaviour, Books, Payment } from "./books.ts";
import type { NewPayment } from "./journal.ts";
import { page, paymentPage } from "./page.ts";

export type SandboxSettings = { readonly publicUrl: string; readonly apiKey: string };

/** The merchant's API under /v1 (with the key), the buyer's pages under /pay. */
export async function answer(
  request: IncomingMessage,
  books: Books,
  settings: SandboxSettings,
): Promise<Answer> {
  const { pathname } = new URL(request.url ?? "/", settings.publicUrl);
  const [area, name, id, action] = pathname.split("/").slice(1);
  if (area === "pay") return buyerAnswer(request, books, name, id);
  if (area === "" || area === undefined) return welcome(books);
  if (area !== "v1") return problem(404, "There is nothing here.");
  if (!hasKey(request, settings.apiKey))
    return problem(401, "Send `Authorization: Bearer` with the API key.");
  const method = `${request.method} ${name}`;
  if (method === "GET books") return { status: 200, body: readBooks(books) };
  if (method === "POST payments" && id === undefined) return createPayment(request, books, settings);
  const payment = books.payments.get(id ?? "");
  if (name !== "payments" || payment === undefined) return problem(404, "There is no such payment.");
  if (method === "GET payments" && action === undefined)
    return { status: 200, body: show(payment, settings) };
  if (method === "POST payments" && action === "refunds") return refundPayment(request, books, payment);
  return problem(405, "This address does not know the method.");
}

function welcome(books: Books): Answer {
  const text = `<p>${books.payments.size} payments, ${books.refunds.size} refunds, ${books.webhooks.size} webhooks on their way.</p>`;
  return { status: 200, body: undefined, html: page("Payment sandbox", text) };
}

function buyerAnswer(
  request: IncomingMessage,
  books: Books,
  id: string | undefined,
  action: string | undefined,
): Answer {
  const payment = books.payments.get(id ?? "");
  if (payment === undefined)
    return { ...problem(404, ""), html: page("Not found", "<p>There is no such payment.</p>") };
  if (request.method === "GET" && action === undefined)
    return { status: 200, body: undefined, html: paymentPage(payment) };
  if (request.method !== "POST" || (action !== "approve" && action !== "decline"))
    return problem(405, "Approve or decline with POST.");
  const behaviour = readBehaviour(request);
  if (behaviour === undefined) return problem(422, "The headers of the behaviour are out of range.");
  books.decide(payment, action === "approve" ? "succeeded" : "failed", behaviour);
  return { status: 303, body: { status: payment.status }, location: `/pay/${payment.id}` };
}

/** For tests: `Sandbox-Webhook-Copies` and `Sandbox-Webhook-Delay-Ms` beside the buyer's decision. */
function readBehaviour({ headers }: IncomingMessage): Behaviour | undefined {
  const webhookCopies = Number(headers["sandbox-webhook-copies"] ?? 1);
  const webhookDelayMs = Number(headers["sandbox-webhook-delay-ms"] ?? 0);
  const isUsable = isCount(webhookCopies, 20) && webhookCopies > 0 && isCount(webhookDelayMs, 600_000);
  return isUsable ? { webhookCopies, webhookDelayMs } : undefined;
}

async function createPayment(
  request: IncomingMessage,
  books: Books,
  settings: SandboxSettings,
): Promise<Answer> {
  const wanted = await readWanted(request);
  if ("status" in wanted) return wanted;
  const created = books.create(wanted);
  switch (created.outcome) {
    case "created":
      return { status: 201, body: show(created.payment, settings) };
    case "known":
      return { status: 200, body: show(created.payment, settings) };
    case "key_reused":
      return problem(409, "This key was used for another payment.");
    case "books_full":
      return problem(503, "The books are full.");
  }
}

/** The payment that is asked for, or why it cannot be made. */
async function readWanted(request: IncomingMessage): Promise<Omit<NewPayment, "id"> | Answer> {
  const read = await readJson(request);
  if (read.outcome === "too_large") return problem(413, "The body is too large.");
  if (read.outcome === "malformed") return problem(400, "The body must be one JSON object.");
  const { amountMinor, currency, reference, returnUrl } = read.body;
  const idempotencyKey = readKey(request);
  if (idempotencyKey === undefined) return problem(400, "Send an `Idempotency-Key`.");
  if (!isCount(amountMinor, Number.MAX_SAFE_INTEGER) || amountMinor === 0)
    return problem(422, "`amountMinor` must be a whole number above 0.");
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency))
    return problem(422, "`currency` must be three capital letters.");
  if (typeof reference !== "string" || reference === "") return problem(422, "`reference` must be a text.");
  if (!isWebAddress(returnUrl)) return problem(422, "`returnUrl` must be an address of http or https.");
  return { idempotencyKey, amountMinor, currency, reference, returnUrl };
}

function refundPayment(request: IncomingMessage, books: Books, payment: Payment): Answer {
  const idempotencyKey = readKey(request);
  if (idempotencyKey === undefined) return problem(400, "Send an `Idempotency-Key`.");
  const refund = books.refund(payment, idempotencyKey);
  return refund === undefined
    ? problem(409, "This payment has no money to give back.")
    : { status: 201, body: { ...refund, status: "succeeded" } };
}

function show({ id, status, amountMinor, currency, reference }: Payment, { publicUrl }: SandboxSettings) {
  return { id, status, amountMinor, currency, reference, payUrl: `${publicUrl}/pay/${id}` };
}

function readBooks(books: Books) {
  const payments = [...books.payments.values()].map(({ id, status, amountMinor, currency, reference }) => ({
    id,
    status,
    amountMinor,
    currency,
    reference,
  }));
  return { payments, refunds: [...books.refunds.values()], webhooksOnTheirWay: books.webhooks.size };
}

function readKey(request: IncomingMessage): string | undefined {
  const key = request.headers["idempotency-key"];
  return typeof key === "string" && key.length >= 1 && key.length <= 255 ? key : undefined;
}

function isWebAddress(value: unknown): value is string {
  return typeof value === "string" && URL.canParse(value) && /^https?:/i.test(value);
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

/** Hashed first, so that texts of any length are compared in the same time. */
function hasKey(request: IncomingMessage, apiKey: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(request.headers.authorization ?? ""), hash(`Bearer ${apiKey}`));
}
