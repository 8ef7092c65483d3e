import { describe, expect, test } from "vitest";
import type { HistoryRequest } from "../booking-core/bookings/booking-history.ts";
import type { ChangeOutcome } from "../booking-core/bookings/change-of-mind.ts";
import { openApiDocument } from "./openapi.ts";
import type { GatewayServices } from "./services.ts";
import { problemOf, send } from "./test-client.ts";
import { testBooking, testBuyer, testEvent, tokenOf } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";

const ada = testBuyer();
const token = tokenOf(ada);
const booking = testBooking(ada.buyerId);
const own = `/v1/bookings/${booking.id}`;

describe("the buyer's history", () => {
  test("comes in pages, each with the cursor of the next", async () => {
    const asked: HistoryRequest[] = [];
    const next = { createdAtUs: 1_799_000_000_000_123n, id: booking.id };
    const gateway = await startTestGateway({
      bookingHistory: async (request) => {
        asked.push(request);
        return { bookings: [booking], next: asked.length === 1 ? next : undefined };
      },
    });
    const first = await send(gateway, "/v1/bookings?limit=1&status=pending_payment", { token });
    expect(first).toMatchObject({ status: 200, body: { bookings: [{ id: booking.id }] } });
    const { next: cursor } = first.body as { next: string };
    const second = await send(gateway, `/v1/bookings?cursor=${cursor}`, { token });
    expect(second.body).toMatchObject({ next: null });
    const { buyerId } = ada;
    expect(asked).toEqual([
      { buyerId, limit: 1, status: "pending_payment", after: undefined },
      { buyerId, limit: 20, status: undefined, after: next },
    ]);
  });

  test("does not need events that the buyer has no booking of", async () => {
    const find = async () => testEvent;
    const catalogue = { find, list: () => Promise.reject(new Error("an event cannot be read")) };
    const gateway = await startTestGateway({ catalogue });
    const { status, body } = await send(gateway, "/v1/bookings", { token });
    expect([status, body]).toMatchObject([200, { bookings: [{ id: booking.id }], next: null }]);
  });

  test.each([
    ["limit=0"],
    ["limit=101"],
    ["limit=1e1"],
    ["limit=2&limit=3"],
    ["cursor=abc"],
    [`cursor=${Buffer.from(`-999999999999999999.${booking.id}`).toString("base64url")}`],
    [`cursor=${Buffer.from(`999999999999999999.${booking.id}`).toString("base64url")}`],
    ["status=lost"],
    ["page=2"],
    ["__proto__=1"],
  ])("refuses %s", async (query) => {
    const gateway = await startTestGateway();
    const refused = await send(gateway, `/v1/bookings?${query}`, { token });
    expect(problemOf(refused)).toMatchObject({ status: 422, code: "invalid_request" });
  });

  test("is documented with its parameters", () => {
    const document = JSON.parse(JSON.stringify(openApiDocument("https://onsale.example")));
    const { parameters, responses } = document.paths["/v1/bookings"].get;
    expect(parameters.map((one: { name: string }) => one.name)).toEqual(["limit", "cursor", "status"]);
    expect(parameters[0]).toMatchObject({ in: "query", schema: { type: "integer", maximum: 100 } });
    expect(Object.keys(responses)).toContain("422");
  });
});

describe("a change of mind", () => {
  test("answers with the booking as it is now", async () => {
    const gateway = await startTestGateway();
    const key = { "idempotency-key": "key-12345678" };
    const released = await send(gateway, `${own}/release`, {
      method: "POST",
      token,
      json: { positions: [0] },
    });
    expect(released).toMatchObject({ status: 200, body: { id: booking.id } });
    const extended = await send(gateway, `${own}/extension`, { method: "POST", token, headers: key });
    expect(extended).toMatchObject({ status: 200, body: { extended: true } });
    const cancelled = await send(gateway, own, { method: "DELETE", token });
    expect(cancelled).toMatchObject({ status: 200, body: { status: "cancelled" } });
    const keyless = await send(gateway, `${own}/extension`, { method: "POST", token });
    expect(problemOf(keyless).code).toBe("idempotency_key_missing");
  });

  const refusals = [
    ["booking_not_changeable", 409],
    ["payment_under_way", 409],
    ["last_seat_stays", 409],
    ["seats_not_booked", 422],
    ["extension_refused", 409],
    ["extension_used", 409],
    ["not_found", 404],
  ] as const;
  test.each(refusals)("that ends in %s is answered %i", async (outcome, status) => {
    const refuse = async (): Promise<ChangeOutcome> => ({ outcome });
    const changeOfMind: GatewayServices["changeOfMind"] = {
      giveBack: refuse,
      cancel: refuse,
      putOff: refuse,
    };
    const gateway = await startTestGateway({ changeOfMind });
    const refused = await send(gateway, own, { method: "DELETE", token });
    expect(problemOf(refused)).toMatchObject({ status, code: outcome });
  });

  test.each([[{}], [{ positions: [] }], [{ positions: [-1] }], [{ positions: [10] }], [{ positions: "0" }]])(
    "with the body %j is refused",
    async (json) => {
      const gateway = await startTestGateway();
      const refused = await send(gateway, `${own}/release`, { method: "POST", token, json });
      expect(problemOf(refused).code).toBe("invalid_request");
    },
  );
});
