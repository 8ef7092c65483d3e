import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { rawInboxRate } from "../baselines/postgres-money/inbox.ts";
import { startMetered } from "../bench/metered-process.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part } from "../bench/suite.ts";
import { type Flood, flood, type Post } from "./flood.ts";
import { providerSecrets, signatureOf } from "./provider.ts";
import { statementsDuring } from "./statement-log.ts";
import { openTill, startStorage } from "./till.ts";

const full = { forged: 40_000, signed: 20_000, connections: 100 };
const small = { forged: 400, signed: 200, connections: 10 };
const plan = { sections: 1, rows: 1, seatsPerRow: 1 };

/** What costs a provider's messages: those that somebody else has signed, and true ones on their way into the inbox. */
export const inboxPart: Part = {
  name: "inbox",
  async measure({ tiny, folder, say }) {
    const { forged, signed, connections } = tiny ? small : full;
    const storage = await startStorage(join(folder, "inbox"), [plan]);
    const till = await openTill(storage);
    try {
      const forgeries = postsOf(forged, "what-somebody-else-would-sign-with");
      const truths = postsOf(signed, providerSecrets.SANDBOX_WEBHOOK_SECRET);
      const bare = await bareRate(forgeries, connections);
      const { result: refused, statements } = await statementsDuring(storage, () =>
        flood(till.gatewayPort, connections, forgeries),
      );
      const stored = await flood(till.gatewayPort, connections, truths);
      const raw = await rawInboxRate(
        storage.twinUrl,
        truths.map(({ body }) => body),
      );
      say(`forged: ${textOf(refused)}; true: ${textOf(stored)}`);
      const kept = (await storage.pool.query("select from webhook_inbox")).rowCount ?? 0;
      return figures({ refused, statements, stored, bare, raw, missing: Math.abs(signed - kept) });
    } finally {
      await till.stop();
      await storage.stop();
    }
  },
};

const textOf = ({ statuses }: Flood) =>
  [...statuses].map(([status, count]) => `${count} × ${status}`).join(", ");

/** The same requests to a server that reads their JSON and answers. */
async function bareRate(posts: readonly Post[], connections: number): Promise<number> {
  const server = await startMetered("loadtest/baselines/bare-http.ts");
  try {
    return (await flood(Number(server.ready["port"]), connections, posts)).perSecond;
  } finally {
    await server.stop();
  }
}

function postsOf(count: number, secret: string): Post[] {
  return Array.from({ length: count }, () => {
    const id = randomUUID();
    const data = { paymentId: `pay_${id}`, reference: id, amountMinor: 9_500, currency: "EUR" };
    const body = JSON.stringify({ id: `evt_${id}`, type: "payment.succeeded", data });
    const headers = { "Sandbox-Signature": signatureOf(body, secret) };
    return { path: "/v1/webhooks/sandbox", headers, body };
  });
}

type Measured = {
  readonly refused: Flood;
  readonly statements: number;
  readonly stored: Flood;
  readonly bare: number;
  readonly raw: number;
  readonly missing: number;
};

function figures({ refused, statements, stored, bare, raw, missing }: Measured): Measurement[] {
  const taken = [...refused.statuses].filter(([status]) => status !== 401 && status !== 429);
  const exactly = { of: "value", sign: "≤", at: 0, size: "any" } as const;
  return [
    {
      ...{ name: "forged messages refused", value: refused.perSecond, unit: "messages/s" },
      limit: { name: "requests that a bare server answers", value: bare },
    },
    {
      name: "database statements of our servers meanwhile",
      value: statements,
      unit: "statements",
      bar: exactly,
    },
    {
      name: "forged messages not refused",
      value: taken.reduce((sum, [, count]) => sum + count, 0),
      unit: "messages",
      bar: exactly,
    },
    {
      ...{ name: "true messages stored", value: stored.perSecond, unit: "messages/s" },
      limit: { name: "the same rows by Postgres alone, in batches", value: raw },
    },
    { name: "true messages that are not in the inbox once", value: missing, unit: "messages", bar: exactly },
  ];
}
