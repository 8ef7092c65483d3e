import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openSandbox, type TestSandbox, wanted } from "./test-sandbox.ts";

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
beforeEach(() => {
  sandbox.shop.answerWebhook = () => 200;
});
afterAll(() => sandbox.close());

describe("a payment", () => {
  test("is made once by the same key, and refused to the same key with other content", async () => {
    const key = { "idempotency-key": randomUUID() };
    const body = wanted();
    const first = await sandbox.post("/v1/payments", body, key);
    const again = await sandbox.post("/v1/payments", body, key);
    const other = await sandbox.post("/v1/payments", { ...body, amountMinor: 1 }, key);
    expect([first.status, again.status, other.status]).toEqual([201, 200, 409]);
    expect(again.body).toEqual(first.body);
  });

  test("is decided once: what comes after changes nothing and is not told", async () => {
    const { id } = await sandbox.create();
    await sandbox.decide(id, "approve");
    await sandbox.decide(id, "decline");
    await sandbox.decide(id, "approve");
    expect(await sandbox.statusOf(id)).toBe("succeeded");
    await sandbox.allDelivered();
    expect(sandbox.typesOf(id)).toEqual(["payment.succeeded"]);
  });

  test("is shown to the buyer with two plain forms, and with nothing of it taken for markup", async () => {
    const reference = '"><script>alert(1)</script>';
    const body = { ...wanted(), reference, description: "<b>2 tickets</b>" };
    const made = (await sandbox.post("/v1/payments", body)).body;
    const page = await (await fetch(made.payUrl)).text();
    expect(page).toContain("€90.00");
    expect(page).toContain("&lt;b&gt;2 tickets");
    expect(page.match(/<form method="post"/g)).toHaveLength(2);
    expect(page).not.toContain("<script");
    await sandbox.decide(made.id, "approve");
    const paid = await (await fetch(made.payUrl)).text();
    expect(paid).not.toContain("<form");
    expect(paid).toContain('href="https://shop.example/back"');
  });

  test.each([
    ["without the key", { authorization: "Bearer wrong" }, wanted(), 401],
    ["with a behaviour that is not known", { "sandbox-behaviour": "explodes" }, wanted(), 422],
    ["that is not JSON", {}, "{", 400],
    ["that is a list", {}, [], 400],
    ["that is too large", {}, { ...wanted(), more: "x".repeat(20_000) }, 413],
    ["of a part of a cent", {}, wanted(1.5), 422],
    ["of nothing", {}, wanted(0), 422],
    ["that leads back to a script", {}, { ...wanted(), returnUrl: "javascript:1" }, 422],
  ])("%s is refused", async (_what, headers, body, status) => {
    expect((await sandbox.post("/v1/payments", body, headers)).status).toBe(status);
  });
});

describe("a refund", () => {
  test("is made once by the same key, whoever asks how often, and is told with the merchant's id", async () => {
    const { id } = await sandbox.create();
    expect((await sandbox.refund(id)).body.code).toBe("not_paid");
    await sandbox.decide(id, "approve");
    const [key, body] = [randomUUID(), { amountMinor: 2_500, reference: randomUUID() }];
    const [first, again] = await Promise.all([sandbox.refund(id, body, key), sandbox.refund(id, body, key)]);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect((await sandbox.refund(id, { ...body, amountMinor: 1 }, key)).body.code).toBe("key_reused");
    await sandbox.caughtCount(2, id);
    await sandbox.allDelivered();
    const told = sandbox.caughtOf(id).filter(({ type }) => type === "refund.succeeded");
    expect(told.map(({ data }) => [data.amountMinor, data.refundReference])).toEqual([
      [2_500, body.reference],
    ]);
  });

  test("takes no more than is left, also where many come at once; all together give back the payment", async () => {
    const { id } = await sandbox.create();
    await sandbox.decide(id, "approve");
    const many = await Promise.all(
      Array.from({ length: 12 }, () => sandbox.refund(id, { amountMinor: 1_000 })),
    );
    const statuses = many.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(9);
    expect(statuses.filter((status) => status === 409)).toHaveLength(3);
    expect(await sandbox.statusOf(id)).toBe("refunded");
  });

  test("of a payment that is not there is refused", async () => {
    expect((await sandbox.refund("pay_no")).status).toBe(404);
  });
});

test("the books add up per currency, and list every payment once, page by page", async () => {
  const here = await openSandbox();
  const ids = [];
  for (let index = 0; index < 7; index += 1) ids.push((await here.create(1_000)).id);
  for (const id of ids.slice(0, 5)) await here.decide(id, "approve");
  await here.refund(ids[0] ?? "");
  await here.refund(ids[1] ?? "", { amountMinor: 250 });
  const { totals, ...counts } = await here.books();
  expect(totals).toEqual([
    { currency: "EUR", payments: 5, chargedMinor: "5000", refundedMinor: "1250", refundPendingMinor: "0" },
  ]);
  expect(counts).toMatchObject({ payments: 7, refunds: 2 });
  const listed: string[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const page: { items: { id: string }[]; next: number | null } = await here.get(
      `/v1/books/payments?from=${from}&limit=3`,
    );
    listed.push(...page.items.map(({ id }) => id));
    from = page.next;
  }
  expect(listed).toEqual(ids);
  await here.close();
});
