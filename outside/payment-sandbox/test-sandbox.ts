import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../launch/free-ports.ts";
import { startChild } from "../../test/harness/child.ts";
import { waitFor } from "../../test/harness/wait-for.ts";

export type Caught = {
  readonly body: string;
  readonly signature: string;
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly paymentId?: string;
    readonly amountMinor: number;
    readonly refundReference?: string;
  };
};

export type Answered = {
  readonly status: number;
  readonly body: {
    readonly id: string;
    readonly status: string;
    readonly payUrl: string;
    readonly amountMinor: number;
    readonly currency: string;
    readonly code?: string;
  };
};

export type Totals = { currency: string; payments: number; chargedMinor: string; refundedMinor: string };
export type BooksSummary = {
  totals: Totals[];
  payments: number;
  refunds: number;
  webhooksOnTheirWay: number;
};

export const apiKey = "k".repeat(40);
export const webhookSecret = "w".repeat(40);

export type TestSandbox = Awaited<ReturnType<typeof openSandbox>>;

/** A sandbox as a process of its own, and a shop that catches its webhooks. */
export async function openSandbox(settings: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "onsale-sandbox-"));
  const shop = await openCatcher();
  const start = async () =>
    startChild("outside/payment-sandbox/server.ts", {
      SANDBOX_PORT: String(await freePort()),
      SANDBOX_API_KEY: apiKey,
      SANDBOX_WEBHOOK_SECRET: webhookSecret,
      SANDBOX_WEBHOOK_URL: shop.url,
      SANDBOX_DATA: folder,
      ...settings,
    });
  let child = await start();
  return {
    ...shop,
    ...callsOf(() => child.url),
    apiUrl: () => child.url,
    dieAndRestart: async () => {
      await child.kill("SIGKILL");
      shop.caught.length = 0;
      child = await start();
    },
    close: async () => {
      await child.stop();
      shop.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function wanted(amountMinor = 9_000) {
  return { amountMinor, currency: "EUR", reference: randomUUID(), returnUrl: "https://shop.example/back" };
}

function callsOf(url: () => string) {
  const post = async (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered> => {
    const answer = await fetch(`${url()}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "idempotency-key": randomUUID(), ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) as Answered["body"] };
  };
  const get = async <Body>(path: string): Promise<Body> => {
    const answer = await fetch(`${url()}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
    return (await answer.json()) as Body;
  };
  const books = () => get<BooksSummary>("/v1/books");
  return {
    post,
    get,
    books,
    create: async (amountMinor?: number) => (await post("/v1/payments", wanted(amountMinor))).body,
    decide: (id: string, wish: string, headers: Record<string, string> = {}) =>
      post(`/pay/${id}/${wish}`, "", headers),
    refund: (id: string, body: object = {}, key: string = randomUUID()) =>
      post(`/v1/payments/${id}/refunds`, body, { "idempotency-key": key }),
    statusOf: async (id: string) => (await get<Answered["body"]>(`/v1/payments/${id}`)).status,
    allDelivered: () =>
      waitFor(async () => (await books()).webhooksOnTheirWay === 0, { what: "the delivery's end" }),
  };
}

/** The shop's end: keeps what comes, and answers as the test wants. */
async function openCatcher() {
  const caught: Caught[] = [];
  const caughtOf = (...ids: string[]) => caught.filter(({ data }) => ids.includes(data.paymentId ?? ""));
  const shop = { answerWebhook: (_count: number) => 200 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const message = JSON.parse(body) as Pick<Caught, "id" | "type" | "data">;
    caught.push({ ...message, body, signature: String(request.headers["sandbox-signature"]) });
    response.writeHead(shop.answerWebhook(caughtOf(message.data.paymentId ?? "").length)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    shop,
    caught,
    caughtOf,
    typesOf: (...ids: string[]) => caughtOf(...ids).map(({ type }) => type),
    caughtCount: (count: number, ...ids: string[]) =>
      waitFor(() => caughtOf(...ids).length >= count, { what: `${count} webhooks` }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
