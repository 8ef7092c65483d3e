/** The payment sandbox as a process of its own, that begins with payments which its buyers have decided. */
import { type ChildProcess, fork } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Sale } from "./sales.ts";

export const providerSecrets = { SANDBOX_API_KEY: "k".repeat(40), SANDBOX_WEBHOOK_SECRET: "w".repeat(40) };

export type FaultMix = Readonly<Record<string, number>>;

export type Provider = {
  readonly url: string;
  readonly readyAtMs: number;
  totals(): Promise<Totals>;
  /** How often each fault has happened. */
  faults(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
};

type Sums = { currency: string; payments: number; chargedMinor: string; refundedMinor: string };
export type Totals = { readonly totals: readonly Sums[]; readonly webhooksOnTheirWay: number };

export type ProviderSettings = {
  readonly folder: string;
  readonly port: number;
  readonly webhookUrl: string;
  readonly sales: readonly Sale[];
  readonly faults?: FaultMix;
};

const script = fileURLToPath(new URL("../../outside/payment-sandbox/server.ts", import.meta.url));

/** As the sandbox signs a message. */
export function signatureOf(body: string, secret: string): string {
  const seconds = Math.floor(Date.now() / 1_000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}

/** It tells of all its decisions from the moment on at which it is ready. */
export async function startProvider(settings: ProviderSettings): Promise<Provider> {
  const { folder, port, webhookUrl, sales, faults = {} } = settings;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}/journal.jsonl`,
    sales.map((sale) => `${JSON.stringify(entriesOf(sale))}\n`).join(""),
  );
  const child = fork(script, [], {
    // Whose time has come before it starts decides at once.
    execArgv: ["--disable-warning=TimeoutNegativeWarning"],
    env: {
      ...{ ...process.env, ...providerSecrets, SANDBOX_PORT: String(port), SANDBOX_DATA: folder },
      ...{
        SANDBOX_WEBHOOK_URL: webhookUrl,
        SANDBOX_FAULTS: JSON.stringify(faults),
        SANDBOX_AMOUNTS_SPEAK: "no",
      },
    },
  });
  await isReady(child);
  const readyAtMs = Date.now();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    readyAtMs,
    totals: () => read<Totals>(`${url}/v1/books`),
    faults: async () => (await read<{ counts: Record<string, number> }>(`${url}/v1/faults`)).counts,
    stop: () => stop(child),
  };
}

/** As the sandbox's own journal says that a payment was made and its buyer has decided. */
function entriesOf({ paymentId, providerPaymentId, amountMinor, sort }: Sale): readonly object[] {
  const payment = { id: providerPaymentId, idempotencyKey: paymentId, reference: paymentId, amountMinor };
  const status = sort === "declined" ? "failed" : "succeeded";
  const promise = { status, atMs: 0, telling: { copies: 1, delayMs: 0 } };
  return [
    { type: "payment_created", payment: { ...payment, currency: "EUR", returnUrl: "http://127.0.0.1" } },
    { type: "payment_promised", paymentId: providerPaymentId, promise, behaviours: [] },
  ];
}

async function read<Body>(url: string): Promise<Body> {
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${providerSecrets.SANDBOX_API_KEY}` },
  });
  if (!answer.ok) throw new Error(`the payment sandbox answered ${answer.status} to ${url}`);
  return (await answer.json()) as Body;
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: { type?: string }) => {
      if (message.type === "ready") resolve();
    });
    child.once("exit", (code) => reject(new Error(`the payment sandbox ended at its start (${code})`)));
  });
}

function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  return ended;
}
