import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openSandbox, type TestSandbox, webhookSecret } from "./test-sandbox.ts";

const formerSecret = "f".repeat(40);
const signatureOf = (body: string, seconds: string | undefined, secret: string) =>
  createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");

describe("a webhook", () => {
  let sandbox: TestSandbox;
  beforeAll(async () => {
    sandbox = await openSandbox();
  });
  beforeEach(() => {
    sandbox.shop.answerWebhook = () => 200;
  });
  afterAll(() => sandbox.close());

  test("is signed over the time and the bytes of its body", async () => {
    const { id } = await sandbox.create();
    await sandbox.decide(id, "approve");
    await sandbox.caughtCount(1, id);
    const [{ body, signature } = { body: "", signature: "" }] = sandbox.caughtOf(id);
    const seconds = /^t=(\d+),v1=[0-9a-f]{64}$/.exec(signature)?.[1];
    expect(signature).toBe(`t=${seconds},v1=${signatureOf(body, seconds, webhookSecret)}`);
    expect(Math.abs(Date.now() - Number(seconds) * 1_000)).toBeLessThan(10_000);
  });

  test("comes again until it is taken, and then no more", async () => {
    sandbox.shop.answerWebhook = (count) => (count < 3 ? 500 : 204);
    const { id } = await sandbox.create();
    await sandbox.decide(id, "approve");
    await sandbox.caughtCount(3, id);
    await sandbox.allDelivered();
    expect(new Set(sandbox.caughtOf(id).map((message) => message.id)).size).toBe(1);
    expect(sandbox.caughtOf(id)).toHaveLength(3);
  });

  test("comes doubled and out of order on demand", async () => {
    const [late, early] = [await sandbox.create(), await sandbox.create()];
    const headers = { "sandbox-webhook-copies": "3", "sandbox-webhook-delay-ms": "1500" };
    await sandbox.decide(late.id, "approve", headers);
    await sandbox.decide(early.id, "decline");
    await sandbox.caughtCount(4, late.id, early.id);
    const order = sandbox.caughtOf(late.id, early.id);
    expect(order.map(({ type }) => type)).toEqual(["payment.failed", ...Array(3).fill("payment.succeeded")]);
    expect(new Set(order.map(({ id }) => id)).size).toBe(2);
    const tooMany = { "sandbox-webhook-copies": "1000" };
    expect((await sandbox.decide(late.id, "approve", tooMany)).status).toBe(422);
  });

  test("that was not taken comes after the provider's death, and its books are as they were", async () => {
    sandbox.shop.answerWebhook = () => 503;
    const { id } = await sandbox.create();
    await sandbox.decide(id, "approve");
    await sandbox.refund(id, {});
    await sandbox.caughtCount(2, id);
    const before = await sandbox.books();
    await sandbox.dieAndRestart();
    sandbox.shop.answerWebhook = () => 200;
    await sandbox.caughtCount(2, id);
    await sandbox.allDelivered();
    expect(new Set(sandbox.typesOf(id))).toEqual(new Set(["payment.succeeded", "refund.succeeded"]));
    expect(await sandbox.books()).toEqual({ ...before, webhooksOnTheirWay: 0 });
  });
});

test("while a secret changes, a webhook is signed with each", async () => {
  const sandbox = await openSandbox({ SANDBOX_WEBHOOK_SECRET: `${webhookSecret}, ${formerSecret}` });
  const { id } = await sandbox.create();
  await sandbox.decide(id, "approve");
  await sandbox.caughtCount(1, id);
  const [{ body, signature } = { body: "", signature: "" }] = sandbox.caughtOf(id);
  const seconds = /^t=(\d+),/.exec(signature)?.[1];
  const [one, other] = [webhookSecret, formerSecret].map((secret) => signatureOf(body, seconds, secret));
  expect(signature).toBe(`t=${seconds},v1=${one},v1=${other}`);
  await sandbox.close();
});
