import { describe, expect, test } from "vitest";
import type { EventEntriesRequest } from "../booking-core/ledger/event-ledger.ts";
import type { PayRequest } from "../booking-core/payments/begin-payment.ts";
import type { TopUpRequest } from "../booking-core/wallet/top-ups.ts";
import type { WalletHistoryRequest } from "../booking-core/wallet/wallets.ts";
import { uuidFromParts } from "../foundation/ids.ts";
import { problemOf, send } from "./test-client.ts";
import { eventId, testBooking, testBuyer, testOperator, tokenOf } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testPayment, testServices } from "./test-services.ts";

const guest = tokenOf({ ...testBuyer(), verified: false });
const ada = { ...testBuyer(), verified: true };
const token = tokenOf(ada);
const operator = tokenOf(testOperator());
const headers = { "idempotency-key": "key-12345678" };
const eur = (amountMinor: number) => ({ amountMinor, currency: "EUR" });
const topUp = { method: "POST", token, headers, json: { amount: eur(5_000) } };
const pay = `/v1/bookings/${testBooking(ada.buyerId).id}/payments`;
const entry = {
  ...{ transferId: uuidFromParts("transfer"), kind: "top_up" as const, refundId: null, bookingId: null },
  ...{ paymentId: testPayment.id, createdAtMs: 1_800_000_000_000 },
};

test("a wallet is for buyers whose address somebody has checked", async () => {
  const gateway = await startTestGateway();
  const refused = [
    await send(gateway, "/v1/wallet", { token: guest }),
    await send(gateway, "/v1/wallet/history?currency=EUR", { token: guest }),
    await send(gateway, "/v1/wallet/top-ups", { ...topUp, token: guest }),
    await send(gateway, pay, { method: "POST", token: guest, headers, json: { wallet: "all" } }),
  ];
  for (const answer of refused)
    expect(problemOf(answer)).toMatchObject({ status: 403, code: "wallet_unavailable" });
  expect((await send(gateway, pay, { method: "POST", token: guest, headers })).status).toBe(201);
});

describe("a top-up", () => {
  test("is a payment with an address to pay at, in the buyer's language", async () => {
    const asked: TopUpRequest[] = [];
    const gateway = await startTestGateway({
      topUps: {
        start: async (request) => {
          asked.push(request);
          return {
            outcome: "started",
            fresh: asked.length === 1,
            payment: { ...testPayment, purpose: "top_up" },
          };
        },
      },
    });
    const german = { ...topUp, headers: { ...headers, "accept-language": "de-CH,en;q=0.5" } };
    const first = await send(gateway, "/v1/wallet/top-ups", german);
    expect(first).toMatchObject({ status: 201, body: { bookingId: null, payUrl: testPayment.payUrl } });
    expect((await send(gateway, "/v1/wallet/top-ups", topUp)).status).toBe(200);
    const { buyerId, email } = ada;
    const request = { buyerId, email, amount: { amountMinor: 5_000n, currency: "EUR" } };
    const idempotencyKey = headers["idempotency-key"];
    expect(asked).toEqual([
      { ...request, idempotencyKey, language: "de" },
      { ...request, idempotencyKey, language: "en" },
    ]);
  });

  test.each([
    [eur(100)],
    [eur(1_000_000)],
    [{ amountMinor: 100, currency: "JPY" }],
    [{ amountMinor: 1_000, currency: "KWD" }],
    [{ amountMinor: 10_000_000, currency: "KWD" }],
  ])("of %j is taken: its bounds follow the decimals of its currency", async (amount) => {
    const gateway = await startTestGateway();
    expect((await send(gateway, "/v1/wallet/top-ups", { ...topUp, json: { amount } })).status).toBe(201);
  });

  test.each([
    [eur(99)],
    [eur(1_000_001)],
    [eur(150.5)],
    [eur(-500)],
    [{ amountMinor: 99, currency: "JPY" }],
    [{ amountMinor: 999, currency: "KWD" }],
    [{ amountMinor: 10_000_001, currency: "KWD" }],
    [{ amountMinor: "500", currency: "EUR" }],
    [{ amountMinor: 500, currency: "eur" }],
    [{ amountMinor: 500, currency: "QQQ" }],
    [undefined],
  ])("of %j is refused", async (amount) => {
    const gateway = await startTestGateway();
    const refused = await send(gateway, "/v1/wallet/top-ups", { ...topUp, json: { amount } });
    expect(problemOf(refused)).toMatchObject({ status: 422, code: "invalid_request" });
  });

  test("needs a key", async () => {
    const gateway = await startTestGateway();
    const refused = await send(gateway, "/v1/wallet/top-ups", { ...topUp, headers: {} });
    expect(problemOf(refused).code).toBe("idempotency_key_missing");
  });
});

describe("the wallet", () => {
  test("shows a balance a currency", async () => {
    const balances = async () => [{ amountMinor: 1_250n, currency: "EUR" }];
    const gateway = await startTestGateway({ wallets: { balances, history: async () => neverAsked() } });
    const { status, body } = await send(gateway, "/v1/wallet", { token });
    expect([status, body]).toEqual([200, { balances: [eur(1_250)] }]);
  });

  test("tells its history in pages, each with the cursor of the next", async () => {
    const asked: WalletHistoryRequest[] = [];
    const next = uuidFromParts("last of the page");
    const history = async (request: WalletHistoryRequest) => {
      asked.push(request);
      const entries = [{ ...entry, amount: { amountMinor: 500n, currency: "EUR" } }];
      return { entries, next: asked.length === 1 ? next : undefined };
    };
    const gateway = await startTestGateway({ wallets: { balances: async () => neverAsked(), history } });
    const first = await send(gateway, "/v1/wallet/history?currency=EUR&limit=1", { token });
    const { next: cursor, entries } = first.body as { next: string; entries: unknown };
    expect(entries).toMatchObject([{ kind: "top_up", amount: eur(500), at: "2027-01-15T08:00:00.000Z" }]);
    const second = await send(gateway, `/v1/wallet/history?currency=EUR&cursor=${cursor}`, { token });
    expect(second.body).toMatchObject({ next: null });
    const { buyerId } = ada;
    expect(asked).toEqual([
      { buyerId, currency: "EUR", limit: 1, after: undefined },
      { buyerId, currency: "EUR", limit: 20, after: next },
    ]);
  });

  test.each([
    "",
    "currency=euro",
    "currency=EUR&limit=0",
    "currency=EUR&limit=101",
    "currency=EUR&cursor=abc",
  ])("refuses the history of %j", async (query) => {
    const gateway = await startTestGateway();
    const refused = await send(gateway, `/v1/wallet/history?${query}`, { token });
    expect(problemOf(refused).code).toBe("invalid_request");
  });
});

describe("a payment", () => {
  const payWith = async (json: unknown) => {
    const asked: PayRequest[] = [];
    const start = async (request: PayRequest) => {
      asked.push(request);
      const available = { amountMinor: 300n, currency: "EUR" };
      return { outcome: "wallet_insufficient", available } as const;
    };
    const gateway = await startTestGateway({ payments: { start } });
    const answer = await send(gateway, pay, {
      ...{ method: "POST", token, headers: { ...headers, "accept-language": "de" } },
      ...(json === undefined ? {} : { json }),
    });
    return { asked, answer };
  };

  test.each([
    [undefined, { otherSeats: false }],
    [{}, { otherSeats: false }],
    [{ wallet: "all" }, { otherSeats: false, wallet: "all" }],
    [
      { wallet: 700, otherSeats: true },
      { otherSeats: true, wallet: 700n },
    ],
  ])("with the body %j takes what it says", async (json, wanted) => {
    const { asked } = await payWith(json);
    expect(asked).toEqual([
      {
        ...{ buyerId: ada.buyerId, bookingId: testBooking(ada.buyerId).id, language: "de", ...wanted },
        idempotencyKey: headers["idempotency-key"],
      },
    ]);
  });

  test("that the wallet cannot pay says what it has", async () => {
    const { answer } = await payWith({ wallet: 700 });
    expect(problemOf(answer)).toMatchObject({
      status: 409,
      code: "wallet_insufficient",
      available: eur(300),
    });
  });

  test("is looked at alone or with all of its booking, and one of another buyer is not there", async () => {
    const gateway = await startTestGateway();
    const one = await send(gateway, `/v1/payments/${testPayment.id}`, { token });
    expect(one).toMatchObject({ status: 200, body: { id: testPayment.id, status: "pending" } });
    expect(await send(gateway, pay, { token })).toMatchObject({
      status: 200,
      body: { payments: [{ bookingId: testBooking(ada.buyerId).id, problem: null }] },
    });
    const nothing = { find: async () => undefined, ofBooking: async () => undefined };
    const others = await startTestGateway({ ownPayments: nothing });
    for (const path of [`/v1/payments/${testPayment.id}`, pay])
      expect(problemOf(await send(others, path, { token })).code).toBe("not_found");
  });

  test.each([
    { wallet: 0 },
    { wallet: -5 },
    { wallet: "some" },
    { wallet: 1.5 },
    { otherSeats: "yes" },
    { more: 1 },
  ])("with the body %j is refused", async (json) => {
    const { asked, answer } = await payWith(json);
    expect(problemOf(answer).code).toBe("invalid_request");
    expect(asked).toEqual([]);
  });
});

describe("the books of an event", () => {
  const path = `/v1/admin/events/${eventId}/ledger`;

  test("are for operators", async () => {
    const gateway = await startTestGateway();
    for (const of of [path, `${path}/entries?account=organiser_payable&currency=EUR`])
      expect(problemOf(await send(gateway, of, { token })).code).toBe("forbidden");
  });

  test("are not those of an event that there is not", async () => {
    const roomStore = { ...testServices({} as never, {} as never).roomStore, find: async () => undefined };
    const gateway = await startTestGateway({ roomStore });
    for (const of of [path, `${path}/entries?account=organiser_payable&currency=EUR`])
      expect(problemOf(await send(gateway, of, { token: operator })).code).toBe("not_found");
  });

  test("say what is held, and each account's entries in pages", async () => {
    const asked: EventEntriesRequest[] = [];
    const gateway = await startTestGateway({
      eventLedger: {
        balances: async () => [{ account: "house_fees", currency: "EUR", balanceMinor: -300n }],
        entries: async (request) => {
          asked.push(request);
          return { entries: [{ ...entry, kind: "payment", amountMinor: -4_200n }], next: undefined };
        },
      },
    });
    const shown = await send(gateway, path, { token: operator });
    expect(shown.body).toEqual({ balances: [{ account: "house_fees", balance: eur(-300) }] });
    const query = "account=taxes_payable&currency=EUR&limit=7";
    const listed = await send(gateway, `${path}/entries?${query}`, { token: operator });
    expect(listed.body).toMatchObject({ entries: [{ kind: "payment", amount: eur(-4_200) }], next: null });
    const wanted = { eventId, account: "taxes_payable", currency: "EUR", limit: 7, after: undefined };
    expect(asked).toEqual([wanted]);
    const other = await send(gateway, `${path}/entries?account=buyer_wallet&currency=EUR`, {
      token: operator,
    });
    expect(problemOf(other).code).toBe("invalid_request");
  });
});

function neverAsked(): never {
  throw new Error("this was not asked for");
}
