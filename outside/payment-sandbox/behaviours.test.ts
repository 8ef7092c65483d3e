import { createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../test/harness/wait-for.ts";
import { type Behaviour, behaviours } from "./behaviours.ts";
import { apiKey, type Caught, openSandbox, type TestSandbox, wanted, webhookSecret } from "./test-sandbox.ts";

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await openSandbox({ SANDBOX_LATE_MS: "300" });
});
afterAll(() => sandbox.close());

const asks = (...names: Behaviour[]) => ({ "sandbox-behaviour": names.join(", ") });
const endingOf = (wantedName: Behaviour) =>
  100_000 + (behaviours.find(({ name }) => name === wantedName)?.ending ?? 0);
const approved = async (...names: Behaviour[]) => {
  const { id } = await sandbox.create();
  await sandbox.decide(id, "approve", asks(...names));
  return id;
};
const becomes = (id: string, status: string) =>
  waitFor(async () => (await sandbox.statusOf(id)) === status, { what: status });
const isOurs = ({ body, signature }: Caught) => {
  const [, seconds, hex] = /^t=(\d+),v1=(.*)$/.exec(signature) ?? [];
  return createHmac("sha256", webhookSecret).update(`${seconds}.${body}`).digest("hex") === hex;
};

test("each behaviour has digits of its own, which no plain price ends with", () => {
  const endings = behaviours.map(({ ending }) => ending);
  expect(new Set(endings).size).toBe(endings.length);
  expect(endings.filter((ending) => [0, 5, 9].includes(ending % 10))).toEqual([]);
});

test("docs/payment-sandbox.md has every behaviour with its digits", () => {
  const text = readFileSync(new URL("../../docs/payment-sandbox.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)].map(([, ending, name]) => [
    Number(ending),
    name,
  ]);
  expect(rows).toEqual(behaviours.map(({ ending, name }) => [ending, name]));
});

describe("on demand a payment", () => {
  test("is refused though the buyer approves, by header as by amount", async () => {
    const byAmount = await sandbox.create(endingOf("declined"));
    await sandbox.decide(byAmount.id, "approve");
    expect(await sandbox.statusOf(byAmount.id)).toBe("failed");
    expect(await sandbox.statusOf(await approved("declined"))).toBe("failed");
  });

  test.each([
    ["confirm", "succeeded"],
    ["refuse", "failed"],
  ])("asks the buyer a second time, and %s ends it %s", async (wish, status) => {
    const { id, payUrl } = await sandbox.create(endingOf("second_step"));
    await sandbox.decide(id, wish);
    await sandbox.decide(id, "approve");
    expect(await sandbox.statusOf(id)).toBe("pending");
    expect(await (await fetch(payUrl)).text()).toContain("Your bank asks");
    await sandbox.decide(id, wish);
    expect(await sandbox.statusOf(id)).toBe(status);
  });

  test("is decided late, also where the provider dies between", async () => {
    const here = await openSandbox({ SANDBOX_LATE_MS: "1500" });
    const { id } = await here.create();
    await here.decide(id, "approve", asks("decided_late"));
    await here.decide(id, "decline");
    expect(await here.statusOf(id)).toBe("pending");
    await here.dieAndRestart();
    await waitFor(async () => (await here.statusOf(id)) === "succeeded", { what: "the late decision" });
    await here.caughtCount(1, id);
    await here.close();
  });

  test("stays undecided, whatever the buyer does afterwards", async () => {
    const id = await approved("never_decided");
    await sandbox.decide(id, "decline");
    expect(await sandbox.statusOf(id)).toBe("pending");
  });

  test("charges another amount or another currency, and says so everywhere", async () => {
    const amount = await approved("amount_wrong");
    const currency = await approved("currency_wrong");
    expect(await sandbox.get(`/v1/payments/${amount}`)).toMatchObject({
      amountMinor: 8_999,
      currency: "EUR",
    });
    expect(await sandbox.get(`/v1/payments/${currency}`)).toMatchObject({
      amountMinor: 9_000,
      currency: "USD",
    });
    await sandbox.caughtCount(1, amount);
    expect(sandbox.caughtOf(amount)[0]?.data).toMatchObject({ amountMinor: 8_999 });
  });
});

describe("on demand a webhook", () => {
  test("comes twice, late, or never", async () => {
    const [twice, late, lost] = [
      await approved("webhook_twice"),
      await approved("webhook_late"),
      await approved("webhook_lost"),
    ];
    await sandbox.caughtCount(2, twice);
    await sandbox.caughtCount(1, late);
    await sandbox.allDelivered();
    expect(sandbox.caughtOf(lost)).toEqual([]);
    expect(await sandbox.statusOf(lost)).toBe("succeeded");
  });

  test("follows a forged copy of itself", async () => {
    const id = await approved("webhook_forged_first");
    await sandbox.caughtCount(2, id);
    const [forged, right] = sandbox.caughtOf(id);
    expect(forged?.body).toBe(right?.body);
    expect(sandbox.caughtOf(id).map(isOurs)).toEqual([false, true]);
  });

  test("follows one of an unknown type that is signed well", async () => {
    const id = await approved("webhook_unknown_first");
    await sandbox.caughtCount(1, id);
    const unknown = sandbox.caught.filter(({ type }) => type === "payout.paid");
    expect(unknown.map(isOurs)).toEqual([true]);
  });

  test("tells a failed first try after the success", async () => {
    const id = await approved("webhook_out_of_order");
    await sandbox.caughtCount(2, id);
    expect(sandbox.typesOf(id)).toEqual(["payment.succeeded", "payment.failed"]);
  });
});

describe("on demand a refund", () => {
  test.each([
    ["refund_pending", "refund.succeeded", "refunded"],
    ["refund_fails_late", "refund.failed", "succeeded"],
  ] as const)("is pending at first: %s ends with %s", async (name, type, status) => {
    const id = await approved(name);
    const key = randomUUID();
    expect((await sandbox.refund(id, {}, key)).body.status).toBe("pending");
    expect((await sandbox.refund(id)).body.code).toBe("more_than_is_left");
    await waitFor(() => sandbox.typesOf(id).includes(type), { what: type });
    expect((await sandbox.refund(id, {}, key)).body.status).toBe(
      type === "refund.failed" ? "failed" : "succeeded",
    );
    expect(await sandbox.statusOf(id)).toBe(status);
  });

  test("is refused for good, and the money can be asked for again", async () => {
    const id = await approved("refund_refused");
    expect((await sandbox.refund(id)).body.status).toBe("failed");
    expect(await sandbox.statusOf(id)).toBe("succeeded");
    expect((await sandbox.refund(id)).status).toBe(201);
  });

  test("is taken back late, and the next one stays", async () => {
    const id = await approved("refund_taken_back");
    const key = randomUUID();
    expect((await sandbox.refund(id, {}, key)).body.status).toBe("succeeded");
    await becomes(id, "succeeded");
    expect((await sandbox.refund(id, {}, key)).body.status).toBe("failed");
    await sandbox.caughtCount(3, id);
    expect(sandbox.typesOf(id)).toEqual(["payment.succeeded", "refund.succeeded", "refund.failed"]);
    expect((await sandbox.refund(id)).body.status).toBe("succeeded");
    expect(await sandbox.statusOf(id)).toBe("refunded");
  });
});

/** Gives up early, as a caller does that is never answered. */
const impatient = (path: string, key: string, body: object) =>
  fetch(`${sandbox.apiUrl()}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "idempotency-key": key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(400),
  }).then(
    (answer) => answer.status,
    () => "no answer",
  );

describe("on demand a call", () => {
  test.each([
    ["create_breaks", 500, 201],
    ["create_hangs", "no answer", 201],
    ["create_answer_lost", "no answer", 200],
  ] as const)("for a payment goes wrong once: %s", async (name, first, second) => {
    const [key, body] = [randomUUID(), wanted(endingOf(name))];
    expect(await impatient("/v1/payments", key, body)).toBe(first);
    expect(await impatient("/v1/payments", key, body)).toBe(second);
  });

  test("for a payment is down as long as it is asked for", async () => {
    const [key, body] = [randomUUID(), wanted(endingOf("create_down"))];
    for (let count = 0; count < 3; count += 1) expect(await impatient("/v1/payments", key, body)).toBe(500);
  });

  test.each([
    ["refund_breaks", 500, 0],
    ["refund_hangs", "no answer", 0],
    ["refund_answer_lost", "no answer", 1],
  ] as const)(
    "for a refund goes wrong once, and the same key is one refund: %s",
    async (name, first, madeByFirst) => {
      const id = await approved(name);
      const [key, before] = [randomUUID(), (await sandbox.books()).refunds];
      expect(await impatient(`/v1/payments/${id}/refunds`, key, {})).toBe(first);
      expect((await sandbox.books()).refunds - before).toBe(madeByFirst);
      expect((await sandbox.refund(id, {}, key)).status).toBe(201);
      expect((await sandbox.books()).refunds - before).toBe(1);
      await becomes(id, "refunded");
    },
  );
});

test("with amounts that say nothing, a price may end as it likes", async () => {
  const here = await openSandbox({ SANDBOX_AMOUNTS_SPEAK: "no" });
  const { id } = await here.create(endingOf("declined"));
  await here.decide(id, "approve");
  expect(await here.statusOf(id)).toBe("succeeded");
  await here.close();
});
