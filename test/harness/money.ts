import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyHoldsOfJobs, expireBookings } from "../../booking-core/bookings/jobs.ts";
import { createMailer } from "../../booking-core/notifications/mailer.ts";
import { sendEmail } from "../../booking-core/notifications/send-email.ts";
import { createInbox } from "../../booking-core/payments/inbox.ts";
import { paymentProviders } from "../../booking-core/payments/payment-providers.ts";
import { createPayments } from "../../booking-core/payments/payments.ts";
import { createSandboxProvider } from "../../booking-core/payments/sandbox-provider.ts";
import { settleWebhooks } from "../../booking-core/payments/settle-webhooks.ts";
import { refundEvent } from "../../booking-core/refunds/refund-event.ts";
import { refundPayments } from "../../booking-core/refunds/refund-payments.ts";
import { createTicketsLinks } from "../../booking-core/tickets/tickets-link.ts";
import { returnWallets } from "../../booking-core/wallet/ended-bookings.ts";
import { type BookingId, uuidSource } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { createTokens } from "../../foundation/tokens.ts";
import { freePort } from "../../launch/free-ports.ts";
import type { Behaviour } from "../../outside/payment-sandbox/behaviours.ts";
import { startChild, type TestChild } from "./child.ts";
import { readSandboxBooks } from "./sandbox-books.ts";
import type { Shop } from "./shop.ts";

const secrets = { SANDBOX_API_KEY: "k".repeat(40), SANDBOX_WEBHOOK_SECRET: "w".repeat(40) };

/** Of tickets the mail only knows that there is a file. */
const testPdf = Buffer.from("%PDF-1.7 of the tests");

export type Till = Awaited<ReturnType<typeof openTill>>;

/** The outside world beside a shop: a real payment sandbox, a real mail catcher, and an address for webhooks. */
export async function openTill(shop: Shop, options: { receiveWebhooks?: boolean } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "onsale-till-"));
  const [sandboxPort, smtpPort, mailPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${sandboxPort}`;
  const provider = createSandboxProvider({
    url,
    apiKey: secrets.SANDBOX_API_KEY,
    webhookSecret: secrets.SANDBOX_WEBHOOK_SECRET,
  });
  const links = createTicketsLinks(createTokens("t".repeat(40)), "http://127.0.0.1");
  const parts = { ...shop, provider, providers: paymentProviders(provider), ids: uuidSource, links };
  const inbox = createInbox(parts);
  const gate = await openGate(async (body, signature) => {
    if (options.receiveWebhooks === false) return 503;
    const { outcome } = await inbox.receive("sandbox", body, signature);
    return outcome === "webhook_signature_wrong" ? 401 : 200;
  });
  const startSandbox = () =>
    startChild("outside/payment-sandbox/server.ts", {
      ...secrets,
      SANDBOX_PORT: String(sandboxPort),
      SANDBOX_DATA: join(folder, "sandbox"),
      SANDBOX_WEBHOOK_URL: gate.url,
    });
  const children: TestChild[] = [
    await startSandbox(),
    await startChild("outside/mail-catcher/server.ts", {
      MAIL_SMTP_PORT: String(smtpPort),
      MAIL_HTTP_PORT: String(mailPort),
      MAIL_DATA: join(folder, "mail"),
    }),
  ];
  const mailer = createMailer({
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    from: "Onsale <tickets@onsale.example>",
  });
  return {
    ...parts,
    inbox,
    mailer,
    ticketsUrlOf: ({ id }: { id: BookingId }) => `http://127.0.0.1/tickets/${id}`,
    ticketFiles: async () => [{ filename: "tickets.pdf", contentType: "application/pdf", content: testPdf }],
    webhookSecret: secrets.SANDBOX_WEBHOOK_SECRET,
    /** For a worker in a process of its own. */
    settings: { ...secrets, SANDBOX_URL: url, SMTP_URL: `smtp://127.0.0.1:${smtpPort}` },
    payments: createPayments(parts),
    books: () => readSandboxBooks({ url, apiKey: secrets.SANDBOX_API_KEY }),
    mailsTo: (address: string) =>
      readJson<SeenMail[]>(`http://127.0.0.1:${mailPort}/messages?to=${encodeURIComponent(address)}`),
    /** The bytes of a mail as they came. */
    rawMail: async ({ id }: SeenMail): Promise<string> => {
      const answer = await fetch(`http://127.0.0.1:${mailPort}/messages/${id}/raw`);
      return Buffer.from(await answer.arrayBuffer()).toString("latin1");
    },
    restartSandbox: async () => {
      await children.shift()?.kill("SIGKILL");
      children.unshift(await startSandbox());
    },
    close: async () => {
      mailer.close();
      await Promise.all(children.map((child) => child.stop()));
      await gate.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type SeenMail = {
  readonly id: number;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  readonly attachments: readonly { readonly filename: string; readonly contentType: string }[];
};

/** The worker's part, as `app/roles/worker.ts` wires it. */
export async function workOn(till: Till): Promise<void> {
  await till.jobs.workGroups("settle-webhook", { groupSize: 50, concurrency: 2 }, (group) =>
    settleWebhooks(till, group),
  );
  await till.jobs.workGroups("refund-payment", limits.refunds, (group) => refundPayments(till, group));
  await till.jobs.work("cancel-event", { concurrency: 1 }, (data) => refundEvent(till, data));
  await till.jobs.workGroups("apply-holds", limits.booking.holdJobs, (group) =>
    applyHoldsOfJobs(till, group),
  );
  await till.jobs.work("expire-bookings", { concurrency: 2 }, (data) => expireBookings(till, data));
  await till.jobs.work("return-wallets", { concurrency: 2 }, (data) => returnWallets(till, data));
  await till.jobs.work("send-email", { concurrency: 2 }, (data) => sendEmail(till, data));
}

/** As the buyer at the provider's page. */
export async function decide(
  payUrl: string | null,
  decision: "approve" | "decline",
  behaviour: { copies?: number; delayMs?: number; does?: Behaviour } = {},
): Promise<void> {
  const { copies = 1, delayMs = 0, does = "" } = behaviour;
  const headers = {
    "sandbox-webhook-copies": `${copies}`,
    "sandbox-webhook-delay-ms": `${delayMs}`,
    "sandbox-behaviour": does,
  };
  const answer = await fetch(`${payUrl}/${decision}`, { method: "POST", redirect: "manual", headers });
  if (answer.status !== 303) throw new Error(`the payment page answered ${answer.status}`);
}

async function openGate(receive: (body: Buffer, signature: string) => Promise<number>) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const status = await receive(Buffer.concat(chunks), String(request.headers["sandbox-signature"])).catch(
      () => 500,
    );
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

async function readJson<Result>(url: string): Promise<Result> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return (await answer.json()) as Result;
}
