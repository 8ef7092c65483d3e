import { expect, test } from "vitest";
import { problemOf, send } from "./test-client.ts";
import { eventId, testBooking, testBuyer, testOperator, tokenOf, unknownId } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testServices } from "./test-services.ts";

const services = testServices({} as never, {} as never);
const booking = testBooking(testBuyer().buyerId);
const own = `/v1/bookings/${booking.id}/refunds`;
const operator = tokenOf(testOperator());
const admin = tokenOf({ ...testOperator(), role: "admin" });
const post = { method: "POST", headers: { "idempotency-key": "refund-key-0001" } } as const;

test("a guest whose address nobody has answered for gets no money into a wallet", async () => {
  const gateway = await startTestGateway();
  const json = { to: "wallet" };
  const guest = tokenOf({ ...testBuyer(), verified: false });
  for (const address of [own, `${own}/quote`]) {
    const refused = await send(gateway, address, { ...post, token: guest, json });
    expect(problemOf(refused), address).toMatchObject({ status: 403, code: "wallet_unavailable" });
    const back = await send(gateway, address, { ...post, token: guest, json: { to: "provider" } });
    expect(back.status, address).toBeLessThan(300);
  }
  const verified = await send(gateway, own, {
    ...post,
    token: tokenOf({ ...testBuyer(), verified: true }),
    json,
  });
  expect(verified).toMatchObject({ status: 201 });
});

test("an event is cancelled by an operator, who sees how far its refunds are", async () => {
  const gateway = await startTestGateway();
  const address = `/v1/admin/events/${eventId}`;
  const counts = { bookings: 3, refunded: 2, pending: 1, parked: 0, parkedPayments: 1 };
  const progress = { eventId, finishedAt: null, ...counts };
  const cancelled = await send(gateway, `${address}/cancel`, { ...post, token: operator });
  expect(cancelled).toMatchObject({ status: 202, body: progress });
  const seen = await send(gateway, `${address}/cancellation`, { token: operator });
  expect(seen).toMatchObject({ status: 200, body: progress });
  const buyer = await send(gateway, `${address}/cancel`, { ...post, token: tokenOf(testBuyer()) });
  expect(problemOf(buyer)).toMatchObject({ status: 403, code: "forbidden" });
  const unknown = await send(gateway, `/v1/admin/events/${unknownId}/cancel`, { ...post, token: operator });
  expect(problemOf(unknown)).toMatchObject({ status: 404, code: "not_found" });
});

test("an admin gives a parked payment back, and says why", async () => {
  const asked: unknown[] = [];
  const gateway = await startTestGateway({
    refunds: {
      ...services.refunds,
      ofParkedPayment: (...request) => {
        asked.push(request.slice(1));
        return services.refunds.ofParkedPayment(...request);
      },
    },
  });
  const address = `/v1/admin/payments/${unknownId}/refund`;
  const given = await send(gateway, address, { ...post, token: admin, json: { why: "a cent too little" } });
  expect(given).toMatchObject({ status: 201, body: { status: "pending" } });
  expect(asked).toEqual([[unknownId, "a cent too little"]]);
  for (const json of [{}, { why: " " }, { why: "a\u0000b" }, { why: "a\nb" }]) {
    const silent = await send(gateway, address, { ...post, token: admin, json });
    expect(problemOf(silent)).toMatchObject({ code: "invalid_request", problems: [{ path: "why" }] });
  }
});

test("an operator sees a booking of any buyer with whose it is and its money, and a buyer does not", async () => {
  const gateway = await startTestGateway();
  const address = `/v1/admin/bookings/${booking.id}`;
  const seen = await send(gateway, address, { token: operator });
  expect(seen).toMatchObject({
    status: 200,
    body: {
      booking: { id: booking.id },
      buyerEmail: booking.buyerEmail,
      payments: [{ bookingId: booking.id }],
      refunds: [],
    },
  });
  expect(problemOf(await send(gateway, address, { token: tokenOf(testBuyer()) })).code).toBe("forbidden");
  const none = await startTestGateway({ bookingFiles: { find: async () => undefined } });
  expect(problemOf(await send(none, address, { token: operator })).code).toBe("not_found");
});
