import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../launch/free-ports.ts";
import { startChild, type TestChild } from "../../test/harness/child.ts";
import { waitFor } from "../../test/harness/wait-for.ts";

type Caught = {
  readonly body: string;
  readonly signature: string;
  readonly id: string;
  readonly type: string;
  readonly data: { readonly paymentId: string };
};

const apiKey = "k".repeat(40);
const webhookSecret = "w".repeat(40);
const folder = mkdtempSync(join(tmpdir(), "onsale-sandbox-"));
const caught: Caught[] = [];
/** What the shop answers to a payment's news for the `count`th time. */
let answerWebhook: (count: number) => number;
let sandbox: TestChild;
let restart: () => Promise<void>;

const shop = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  const message = JSON.parse(body) as Pick<Caught, "id" | "type" | "data">;
  caught.push({ ...message, body, signature: String(request.headers["sandbox-signature"]) });
  response.writeHead(answerWebhook(caughtOf(message.data.paymentId).length)).end();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  const settings = {
    SANDBOX_PORT: String(await freePort()),
    SANDBOX_API_KEY: apiKey,
    SANDBOX_WEBHOOK_SECRET: webhookSecret,
    SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`,
    SANDBOX_DATA: folder,
  };
  restart = async () => {
    sandbox = await startChild("outside/payment-sandbox/server.ts", settings);
  };
  await restart();
});
beforeEach(() => {
  answerWebhook = () => 200;
});
afterAll(async () => {
  await sandbox.stop();
  shop.closeAllConnections();
  shop.close();
  rmSync(folder, { recursive: true, force: true });
});

const wanted = () => ({
  amountMinor: 9_000,
  currency: "EUR",
  reference: randomUUID(),
  returnUrl: "https://shop.example/back",
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${sandbox.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "idempotency-key": randomUUID(), ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
  });
  const text = await answer.text();
  return { status: answer.status, body: JSON.parse(text) as { id: string; status: string; payUrl: string } };
}

const create = async () => (await post("/v1/payments", wanted())).body;
const decide = (id: string, decision: "approve" | "decline", headers: Record<string, string> = {}) =>
  post(`/pay/${id}/${decision}`, "", headers);
const get = (path: string) =>
  fetch(`${sandbox.url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
const statusOf = async (id: string) =>
  ((await (await get(`/v1/payments/${id}`)).json()) as { status: string }).status;
const caughtOf = (...ids: string[]) => caught.filter(({ data }) => ids.includes(data.paymentId));
const caughtCount = (count: number, ...ids: string[]) =>
  waitFor(() => caughtOf(...ids).length >= count, { what: `${count} webhooks` });

describe("a payment", () => {
  test("is made once by the same key, and refused to the same key with other content", async () => {
    const key = { "idempotency-key": randomUUID() };
    const body = wanted();
    const first = await post("/v1/payments", body, key);
    const again = await post("/v1/payments", body, key);
    const other = await post("/v1/payments", { ...body, amountMinor: 1 }, key);
    expect([first.status, again.status, other.status]).toEqual([201, 200, 409]);
    expect(again.body).toEqual(first.body);
  });

  test("is decided once: what comes after changes nothing and is not told", async () => {
    const { id } = await create();
    await decide(id, "approve");
    await decide(id, "decline");
    await decide(id, "approve");
    expect(await statusOf(id)).toBe("succeeded");
    await caughtCount(1, id);
    await waitFor(async () => (await books()).webhooksOnTheirWay === 0, { what: "the delivery's end" });
    expect(caughtOf(id).map(({ type }) => type)).toEqual(["payment.succeeded"]);
  });

  test("gives its money back once, whoever asks how often, and only when it has some", async () => {
    const { id } = await create();
    expect((await post(`/v1/payments/${id}/refunds`, {})).status).toBe(409);
    await decide(id, "approve");
    const key = { "idempotency-key": randomUUID() };
    const [first, again] = await Promise.all([
      post(`/v1/payments/${id}/refunds`, {}, key),
      post(`/v1/payments/${id}/refunds`, {}, key),
    ]);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect((await post(`/v1/payments/${id}/refunds`, {})).status).toBe(409);
    expect(await statusOf(id)).toBe("refunded");
  });

  test("is shown to the buyer with two plain forms, and with nothing of it taken for markup", async () => {
    const reference = '"><script>alert(1)</script>';
    const made = (await post("/v1/payments", { ...wanted(), reference })).body;
    const page = await (await fetch(made.payUrl)).text();
    expect(page).toContain("€90.00");
    expect(page.match(/<form method="post"/g)).toHaveLength(2);
    expect(page).not.toContain("<script");
    await decide(made.id, "approve");
    const paid = await (await fetch(made.payUrl)).text();
    expect(paid).not.toContain("<form");
    expect(paid).toContain('href="https://shop.example/back"');
  });

  test.each([
    ["without the key", () => post("/v1/payments", wanted(), { authorization: "Bearer wrong" }), 401],
    ["that is not JSON", () => post("/v1/payments", "{"), 400],
    ["that is a list", () => post("/v1/payments", []), 400],
    ["that is too large", () => post("/v1/payments", { ...wanted(), more: "x".repeat(20_000) }), 413],
    ["of a part of a cent", () => post("/v1/payments", { ...wanted(), amountMinor: 1.5 }), 422],
    ["of nothing", () => post("/v1/payments", { ...wanted(), amountMinor: 0 }), 422],
    [
      "that leads back to a script",
      () => post("/v1/payments", { ...wanted(), returnUrl: "javascript:1" }),
      422,
    ],
    ["of a payment that is not there", () => post("/v1/payments/pay_no/refunds", {}), 404],
  ])("%s is refused", async (_what, send, status) => {
    expect((await send()).status).toBe(status);
  });
});

describe("a webhook", () => {
  test("is signed over the time and the bytes of its body", async () => {
    const { id } = await create();
    await decide(id, "approve");
    await caughtCount(1, id);
    const [{ body, signature } = { body: "", signature: "" }] = caughtOf(id);
    const seconds = /^t=(\d+),v1=[0-9a-f]{64}$/.exec(signature)?.[1];
    const expected = createHmac("sha256", webhookSecret).update(`${seconds}.${body}`).digest("hex");
    expect(signature).toBe(`t=${seconds},v1=${expected}`);
    expect(Math.abs(Date.now() - Number(seconds) * 1_000)).toBeLessThan(10_000);
  });

  test("comes again until it is taken, and then no more", async () => {
    answerWebhook = (count) => (count < 3 ? 500 : 204);
    const { id } = await create();
    await decide(id, "approve");
    await caughtCount(3, id);
    await waitFor(async () => (await books()).webhooksOnTheirWay === 0, { what: "the delivery's end" });
    expect(new Set(caughtOf(id).map((message) => message.id)).size).toBe(1);
    expect(caughtOf(id)).toHaveLength(3);
  });

  test("comes doubled and out of order on demand", async () => {
    const [late, early] = [await create(), await create()];
    await decide(late.id, "approve", { "sandbox-webhook-copies": "3", "sandbox-webhook-delay-ms": "1500" });
    await decide(early.id, "decline");
    await caughtCount(4, late.id, early.id);
    const order = caughtOf(late.id, early.id);
    expect(order.map(({ type }) => type)).toEqual(["payment.failed", ...Array(3).fill("payment.succeeded")]);
    expect(new Set(order.map(({ id }) => id)).size).toBe(2);
    expect((await decide(late.id, "approve", { "sandbox-webhook-copies": "1000" })).status).toBe(422);
  });

  test("that was not taken comes after the provider's death, and its books are as they were", async () => {
    answerWebhook = () => 503;
    const { id } = await create();
    await decide(id, "approve");
    await post(`/v1/payments/${id}/refunds`, {});
    await caughtCount(2, id);
    const before = await books();
    await sandbox.kill("SIGKILL");
    caught.length = 0;
    answerWebhook = () => 200;
    await restart();
    await waitFor(() => new Set(caughtOf(id).map(({ type }) => type)).size === 2, { what: "both webhooks" });
    await waitFor(async () => (await books()).webhooksOnTheirWay === 0, { what: "the delivery's end" });
    expect(await books()).toEqual({ ...before, webhooksOnTheirWay: 0 });
  });
});

async function books() {
  return (await (await get("/v1/books")).json()) as { webhooksOnTheirWay: number };
}
