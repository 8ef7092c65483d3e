import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export type StripeCall = {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly form: Readonly<Record<string, string>>;
};

type StripeAnswer = { readonly status?: number; readonly body: object } | "never";
/** What the test wants for a call; nothing where the usual answer will do. */
type Override = (call: StripeCall) => StripeAnswer | undefined;

/**
 * Answers like Stripe's API, in the shapes of its documentation: the sessions and refunds that it was asked for, and the
 * first answer again to the same key.
 */
export async function openStripe() {
  const calls: StripeCall[] = [];
  const refunds: Record<string, unknown>[] = [];
  const remembered = new Map<string, StripeAnswer>();
  const stripe = { override: (() => undefined) as Override, session: session() };
  const usual = (call: StripeCall): StripeAnswer => {
    if (call.method === "POST" && call.path === "/v1/checkout/sessions") return { body: stripe.session };
    if (call.path.startsWith("/v1/checkout/sessions/")) return { body: stripe.session };
    if (call.method === "GET")
      return { body: { object: "list", url: "/v1/refunds", has_more: false, data: refunds } };
    const made = refund({ amount: Number(call.form["amount"]), metadata: metadataOf(call.form) });
    refunds.push(made);
    return { body: made };
  };
  const answer = (call: StripeCall): StripeAnswer => {
    const known = remembered.get(call.key ?? "");
    const answered = known ?? stripe.override(call) ?? usual(call);
    if (call.key !== undefined && answered !== "never") remembered.set(call.key, answered);
    return answered;
  };
  const server = createServer(async (request, response) => {
    const call = await readCall(request);
    calls.push(call);
    const answered = answer(call);
    if (answered === "never") return;
    response.writeHead(answered.status ?? 200, { "content-type": "application/json", "request-id": "req_1" });
    response.end(JSON.stringify(answered.body));
  });
  const port = await listen(server);
  return {
    stripe,
    calls,
    refunds,
    remembered,
    api: { protocol: "http", host: "127.0.0.1", port } as const,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function readCall(request: IncomingMessage): Promise<StripeCall> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return {
    method: request.method ?? "",
    path: new URL(request.url ?? "/", "http://stripe").pathname,
    key: request.headers["idempotency-key"]?.toString(),
    headers: request.headers,
    form: Object.fromEntries(new URLSearchParams(text)),
  };
}

function metadataOf(form: Readonly<Record<string, string>>): Record<string, string> {
  const fields = Object.entries(form).map(([name, value]) => [/^metadata\[(.+)\]$/.exec(name)?.[1], value]);
  return Object.fromEntries(fields.filter(([name]) => name !== undefined)) as Record<string, string>;
}

/** A Checkout Session as the API and its events show it, of 90 euros and open. */
export function session(differences: object = {}) {
  return {
    id: "cs_test_a1b2c3",
    object: "checkout.session",
    adaptive_pricing: { enabled: false },
    amount_subtotal: 9_000,
    amount_total: 9_000,
    client_reference_id: "0190f0a0-0000-7000-8000-000000000001",
    created: 1_790_000_000,
    currency: "eur",
    currency_conversion: null,
    customer: null,
    customer_email: "buyer@example.org",
    expires_at: 1_790_086_400,
    livemode: false,
    metadata: { payment_id: "0190f0a0-0000-7000-8000-000000000001" },
    mode: "payment",
    payment_intent: null as string | null,
    payment_method_types: ["card"],
    payment_status: "unpaid",
    status: "open",
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    url: "https://checkout.stripe.com/c/pay/cs_test_a1b2c3",
    ...differences,
  };
}

export function paidSession(differences: object = {}) {
  return session({
    payment_status: "paid",
    status: "complete",
    payment_intent: "pi_1",
    url: null,
    ...differences,
  });
}

/** A Refund as the API and its events show it. */
export function refund(differences: object = {}) {
  return {
    id: `re_${randomUUID().slice(0, 8)}`,
    object: "refund",
    amount: 9_000,
    charge: "ch_1",
    created: 1_790_000_100,
    currency: "eur",
    metadata: {
      payment_id: "0190f0a0-0000-7000-8000-000000000001",
      refund_id: "0190f0a0-0000-7000-8000-000000000002",
      session_id: "cs_test_a1b2c3",
    },
    payment_intent: "pi_1",
    reason: null,
    receipt_number: null,
    status: "succeeded",
    ...differences,
  };
}

/** A Dispute as the API and its events show it. */
export function dispute(differences: object = {}) {
  return {
    id: "dp_1",
    object: "dispute",
    amount: 9_000,
    charge: "ch_1",
    created: 1_790_000_150,
    currency: "eur",
    evidence_details: { due_by: 1_791_000_000, has_evidence: false, past_due: false, submission_count: 0 },
    is_charge_refundable: false,
    metadata: {},
    payment_intent: "pi_1",
    reason: "fraudulent",
    status: "needs_response",
    ...differences,
  };
}

/** An Event as it is posted to an endpoint. */
export function event(type: string, object: object) {
  return {
    id: "evt_1QxYz",
    object: "event",
    api_version: "2026-10-28.endive",
    created: 1_790_000_200,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}

export function failure(status: number, error: object): StripeAnswer {
  return { status, body: { error } };
}
