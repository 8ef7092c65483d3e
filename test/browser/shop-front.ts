import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { freePort } from "../../launch/free-ports.ts";
import { startRedisCluster } from "../../launch/redis-server.ts";
import { ask, type Buyer, enter, openSession } from "../attacks/attacker.ts";
import { known, openData } from "../attacks/site.ts";
import { startChild, type TestChild } from "../harness/child.ts";
import { createTestDatabase } from "../harness/database.ts";
import type { TestEventOptions } from "../harness/shop.ts";

export type ShopFront = Awaited<ReturnType<typeof openShopFront>>;

/** All that buyers meet, at addresses that a browser can open: a server in all roles, the payment sandbox, the mail catcher. */
export async function openShopFront() {
  const folder = mkdtempSync(join(tmpdir(), "onsale-browser-"));
  const [cluster, database] = await Promise.all([
    startRedisCluster({ masters: 1, folder, persist: false }),
    createTestDatabase(),
  ]);
  const children: TestChild[] = [];
  const start = async (script: string, settings: Readonly<Record<string, string>>) => {
    const child = await startChild(script, { NODE_ENV: "test", LOG_LEVEL: "warn", ...settings });
    children.push(child);
    return child.url;
  };
  const port = {
    shop: await freePort(),
    sandbox: await freePort(),
    smtp: await freePort(),
    mail: await freePort(),
  };
  const url = `http://127.0.0.1:${port.shop}`;
  const secrets = { SANDBOX_API_KEY: "k".repeat(40), SANDBOX_WEBHOOK_SECRET: "w".repeat(40) };
  const sandboxUrl = `http://127.0.0.1:${port.sandbox}`;
  await Promise.all([
    start("app/server.ts", {
      ...secrets,
      ONSALE_ROLES: "gateway,admission,worker",
      TOKEN_SECRET: "s".repeat(40),
      HTTP_PORT: String(port.shop),
      PUBLIC_URL: url,
      DATABASE_URL: database.url,
      REDIS_URL: cluster.urls.join(","),
      SANDBOX_URL: sandboxUrl,
      SMTP_URL: `smtp://127.0.0.1:${port.smtp}`,
      RATE_PER_ADDRESS: "100000",
    }),
    start("outside/payment-sandbox/server.ts", {
      ...secrets,
      SANDBOX_PORT: String(port.sandbox),
      SANDBOX_DATA: join(folder, "sandbox"),
      SANDBOX_WEBHOOK_URL: `${url}/v1/webhooks/sandbox`,
    }),
    start("outside/mail-catcher/server.ts", {
      MAIL_SMTP_PORT: String(port.smtp),
      MAIL_HTTP_PORT: String(port.mail),
      MAIL_DATA: join(folder, "mail"),
    }),
  ]);
  const data = openData(database.url, cluster.urls);
  return {
    url,
    sandboxUrl,
    mailUrl: `http://127.0.0.1:${port.mail}`,
    openEvent: async (options: TestEventOptions = {}) => {
      const event = await data.openEvent(options);
      await known(url, event.id);
      return event;
    },
    openOperator: async () => openSession(url, await data.openAccount("organiser")),
    close: async () => {
      await Promise.all(children.map((child) => child.stop()));
      await data.end();
      await Promise.all([cluster.stop(), database.drop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Sale = {
  readonly buyer: Buyer;
  readonly email: string;
  readonly bookingId: string;
  readonly payUrl: string;
};

/** A buyer who has booked and is sent to pay; the pages of the payment are the browser's. */
export async function bookAndStartToPay(
  { url }: Pick<ShopFront, "url">,
  event: OnsaleEvent,
  options: { readonly quantity?: number; readonly language?: string } = {},
): Promise<Sale> {
  const email = `${randomUUID()}@onsale.example`;
  const buyer = await openSession(url, { email });
  const { pass } = await enter(url, event, buyer);
  const booked = await ask(url, `/v1/events/${event.id}/bookings`, {
    ...buyer,
    pass,
    body: { wishes: [{ mode: "best-available", quantity: options.quantity ?? 1 }] },
    headers: { "idempotency-key": randomUUID() },
  });
  const bookingId = String(booked.body["id"]);
  const paying = await ask(url, `/v1/bookings/${bookingId}/payments`, {
    ...buyer,
    body: {},
    headers: { "idempotency-key": randomUUID(), "accept-language": options.language ?? "en" },
  });
  if (paying.status !== 201) throw new Error(`no payment: ${paying.status} ${paying.code}`);
  return { buyer, email, bookingId, payUrl: String(paying.body["payUrl"]) };
}
