import { expect, test } from "vitest";
import type { BookOutcome } from "../booking-core/bookings/book-request.ts";
import { uuidFromParts } from "../foundation/ids.ts";
import { defaultBounds } from "./bounds.ts";
import { routes } from "./routes.ts";
import type { GatewayServices } from "./services.ts";
import { problemOf, send } from "./test-client.ts";
import {
  eventId,
  passOf,
  seatedId,
  standingId,
  testBooking,
  testBuyer,
  tokenOf,
  unknownId,
} from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";

const ada = testBuyer();
const token = tokenOf(ada);
const key = "key-12345678";
const book = {
  method: "POST",
  token,
  headers: { "onsale-pass": passOf(ada), "idempotency-key": key },
  json: { wishes: [{ mode: "best-available", sectionId: seatedId, quantity: 1 }] },
};

test("a guest gets a session by e-mail, and a wrong password is refused", async () => {
  const gateway = await startTestGateway();
  const opened = await send(gateway, "/v1/sessions", { method: "POST", json: { email: "a@b.example" } });
  expect(opened.status).toBe(201);
  expect(opened.body).toMatchObject({ email: "a@b.example", endsAt: "2027-01-15T08:00:00.000Z" });
  const json = { email: "a@b.example", password: "wrong" };
  const refused = await send(gateway, "/v1/sessions", { method: "POST", json });
  expect(problemOf(refused)).toMatchObject({ status: 401, code: "credentials_wrong" });
});

test("events are listed and shown, money as whole minor units and times as RFC 3339", async () => {
  const gateway = await startTestGateway();
  const list = await send(gateway, "/v1/events");
  expect(list.body).toMatchObject({
    events: [{ id: eventId, paymentWindowSeconds: 900, currency: "EUR", currencyDecimals: 2 }],
  });
  const shown = await send(gateway, `/v1/events/${eventId}`);
  const offers = [{ price: { amountMinor: 4500, currency: "EUR" }, salesFrom: "1970-01-01T00:00:00.000Z" }];
  expect(shown.body).toMatchObject({ id: eventId, sections: [{ id: seatedId, offers }, { id: standingId }] });
  expect(problemOf(await send(gateway, `/v1/events/${unknownId}`)).code).toBe("not_found");
});

test("an offer says what its price is made of, and the event until when tickets are taken back", async () => {
  const gateway = await startTestGateway();
  const { body } = await send(gateway, `/v1/events/${eventId}`);
  const amountOf = (amountMinor: number) => ({ amountMinor, currency: "EUR" });
  const offer = {
    ...{ price: amountOf(4_500), fee: amountOf(300), tax: amountOf(275) },
    charges: [
      { name: "Service", kind: "fee", included: false, basisPoints: null, amount: amountOf(300) },
      { name: "VAT 7 %", kind: "tax", included: true, basisPoints: 700, amount: amountOf(275) },
    ],
  };
  const refunds = { until: "2027-01-15T07:00:00.000Z", shareBasisPoints: 9_000, feesToo: false };
  expect(body).toMatchObject({ refunds, sections: [{ offers: [offer] }, { offers: [offer] }] });
});

test.each(["/v1/events", `/v1/events/${eventId}`, `/v1/events/${eventId}/draw`])(
  "what anybody may read is bounded for each address: %s",
  async (path) => {
    const gateway = await startTestGateway({}, { rates: { reads: { perMinute: 1, burst: 2 } } });
    for (let times = 0; times < 2; times += 1) expect((await send(gateway, path)).status).not.toBe(429);
    const refused = await send(gateway, path);
    expect(problemOf(refused).code).toBe("too_many_requests");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  },
);

test("every route for everybody is bounded for each address, but what probes ask", () => {
  const unbounded = routes.filter(({ access, limitedBy }) => access === "public" && limitedBy === undefined);
  expect(unbounded.map(({ name }) => name)).toEqual(["showHealth", "showReadiness"]);
});

test("joining answers 201 with the place, and 200 when it was there", async () => {
  let fresh = true;
  const standing = { outcome: "waiting", lane: "general", number: 3, ahead: 1, state: "open" } as const;
  const rooms = {
    join: async () => ({ outcome: "joined", standing, receipt: "r", fresh }),
  } as unknown as GatewayServices["rooms"];
  const gateway = await startTestGateway({ rooms });
  const joined = await send(gateway, `/v1/events/${eventId}/places`, { method: "POST", token });
  expect(joined.status).toBe(201);
  expect(joined.headers.get("location")).toBe(`/v1/events/${eventId}/places/mine`);
  expect(joined.body).toEqual({ standing, receipt: "r" });
  fresh = false;
  const again = await send(gateway, `/v1/events/${eventId}/places`, { method: "POST", token, json: {} });
  expect(again.status).toBe(200);
});

test.each([
  [{ outcome: "code_wrong" }, "code_wrong"],
  [{ outcome: "code_spent" }, "code_spent"],
  [{ outcome: "proof_spent" }, "proof_spent"],
  [{ outcome: "busy" }, "busy"],
  [{ outcome: "room_closed", state: "closed" }, "room_closed"],
  [{ outcome: "not_found" }, "not_found"],
])("joining that ends in %j is refused as %s", async (outcome, code) => {
  const rooms = { join: async () => outcome } as unknown as GatewayServices["rooms"];
  const gateway = await startTestGateway({ rooms });
  const refused = await send(gateway, `/v1/events/${eventId}/places`, { method: "POST", token });
  expect(problemOf(refused).code).toBe(code);
});

test.each(["receipt_spent", "other_device"] as const)(
  "a receipt of one's own that brings nothing back (%s) is passed over, and a guest counted by address",
  async (outcome) => {
    const joins = { perMinute: 1, burst: 1 };
    const standing = { outcome: "waiting", lane: "general", number: 3, ahead: 1, state: "open" } as const;
    const rooms = {
      restore: async () => ({ outcome }),
      join: async () => ({ outcome: "joined", standing, receipt: "r", fresh: true }),
    } as unknown as GatewayServices["rooms"];
    const gateway = await startTestGateway({ rooms }, { rates: { joins } });
    const join = () =>
      send(gateway, `/v1/events/${eventId}/places`, { method: "POST", token, json: { receipt: "old" } });
    expect((await join()).status).toBe(201);
    expect(problemOf(await join()).code).toBe("too_many_requests");
  },
);

test("a place is shown, exchanged for a pass and given up", async () => {
  const gateway = await startTestGateway();
  const mine = `/v1/events/${eventId}/places/mine`;
  expect((await send(gateway, mine, { token })).body).toMatchObject({
    standing: { outcome: "waiting", ahead: 4 },
  });
  const pass = await send(gateway, `/v1/events/${eventId}/passes`, { method: "POST", token });
  expect(pass).toMatchObject({ status: 201, body: { pass: "pass", endsAt: "2027-01-15T08:00:00.000Z" } });
  expect(await send(gateway, mine, { method: "DELETE", token })).toMatchObject({ status: 204 });
});

test("seats come with one letter a seat, and an unchanged version costs no body", async () => {
  const gateway = await startTestGateway();
  const path = `/v1/events/${eventId}/sections/${seatedId}/seats`;
  const seats = await send(gateway, path);
  expect(seats.body).toEqual({
    sectionId: seatedId,
    version: 7,
    free: 3,
    states: "ffhsf",
  });
  expect(seats.headers.get("etag")).toBe('"1.7"');
  const unchanged = await send(gateway, path, { headers: { "if-none-match": '"1.7"' } });
  expect(unchanged).toMatchObject({ status: 304, body: undefined });
  expect(problemOf(await send(gateway, path.replace(seatedId, unknownId))).code).toBe("not_found");
});

test("codes of house seats are not for guessing: what an address may try is bounded", async () => {
  const guesses = { perMinute: 1, burst: 2 };
  const asked: (string | undefined)[] = [];
  const bookings: GatewayServices["bookings"] = {
    find: async () => undefined,
    book: async ({ code }) => {
      asked.push(code);
      return { outcome: "code_invalid" };
    },
  };
  const gateway = await startTestGateway({ bookings }, { rates: { guesses } });
  const tryCode = (code?: string) =>
    send(gateway, `/v1/events/${eventId}/bookings`, { ...book, json: { ...book.json, code } });
  const codes = [];
  for (const code of ["one", "two", "three", undefined]) codes.push(problemOf(await tryCode(code)).code);
  expect(codes).toEqual(["code_invalid", "code_invalid", "too_many_requests", "code_invalid"]);
  expect(asked).toEqual(["one", "two", undefined]);
});

test("a booking answers 201 with its address and labelled seats, and 200 for the same key again", async () => {
  let fresh = true;
  const asked: unknown[] = [];
  const bookings: GatewayServices["bookings"] = {
    book: async (request) => {
      asked.push(request);
      return { outcome: "booked", booking: testBooking(ada.buyerId), fresh };
    },
    find: async () => undefined,
  };
  const gateway = await startTestGateway({ bookings });
  const booked = await send(gateway, `/v1/events/${eventId}/bookings`, book);
  expect(booked.status).toBe(201);
  expect(booked.headers.get("location")).toBe(`/v1/bookings/${testBooking(ada.buyerId).id}`);
  expect(booked.body).toMatchObject({
    total: { amountMinor: 4500, currency: "EUR" },
    seats: [{ sectionId: seatedId, seatNumber: 3, row: "B", seat: "1", price: { amountMinor: 4500 } }],
  });
  expect(asked[0]).toMatchObject({ eventId, ...book.json, idempotencyKey: key, buyer: ada });
  fresh = false;
  expect((await send(gateway, `/v1/events/${eventId}/bookings`, book)).status).toBe(200);
});

const refusedBookings: [BookOutcome, number, object][] = [
  [{ outcome: "sold_out", free: 1 }, 409, { free: 1 }],
  [{ outcome: "seats_taken", seatNumbers: [3] }, 409, { seatNumbers: [3] }],
  [{ outcome: "seats_unknown", seatNumbers: [9] }, 422, { seatNumbers: [9] }],
  [{ outcome: "leaves_single", seatNumbers: [2] }, 409, { seatNumbers: [2] }],
  [{ outcome: "seats_reserved", seatNumbers: [2] }, 409, { seatNumbers: [2] }],
  [{ outcome: "code_invalid" }, 422, {}],
  [{ outcome: "section_named_twice" }, 422, {}],
  [{ outcome: "sections_too_few" }, 422, {}],
  [{ outcome: "buyer_limit_reached", most: 6 }, 409, { most: 6 }],
  [{ outcome: "offer_closed" }, 409, {}],
  [{ outcome: "event_cancelled" }, 409, {}],
  [{ outcome: "too_many_seats", most: 4 }, 422, { most: 4 }],
  [{ outcome: "idempotency_key_reused" }, 422, {}],
  [{ outcome: "not_found" }, 404, {}],
  [
    { outcome: "nothing_offered", wish: 1, unmet: ["upTo"] },
    422,
    { problems: [{ path: "wishes.1.upTo", message: "Nothing that the event offers fits this." }] },
  ],
  [{ outcome: "busy" }, 503, { retryable: true }],
  [{ outcome: "unavailable" }, 503, { retryable: true }],
];

test.each(refusedBookings)(
  "a booking that ends in %j is a problem with status %i",
  async (outcome, status, more) => {
    const bookings = { book: async () => outcome } as unknown as GatewayServices["bookings"];
    const gateway = await startTestGateway({ bookings });
    const refused = await send(gateway, `/v1/events/${eventId}/bookings`, book);
    expect(problemOf(refused)).toMatchObject({ status, code: outcome.outcome, ...more });
    expect(refused.headers.get("retry-after")).toBe(status === 503 ? "1" : null);
  },
);

test("a buyer sees the own booking and ticket, and of others nothing", async () => {
  const gateway = await startTestGateway();
  const { id } = testBooking(ada.buyerId);
  expect((await send(gateway, `/v1/bookings/${id}`, { token })).body).toMatchObject({ id });
  expect(problemOf(await send(gateway, `/v1/bookings/${unknownId}`, { token })).code).toBe("not_found");
  const ticket = await send(gateway, `/v1/tickets/${uuidFromParts("ticket")}`, { token });
  expect(ticket.body).toMatchObject({ row: "B", seat: "1", status: "valid" });
});

test("a payment starts with an idempotency key and says where to pay", async () => {
  const gateway = await startTestGateway();
  const path = `/v1/bookings/${testBooking(ada.buyerId).id}/payments`;
  const sent = { method: "POST", token, headers: { "idempotency-key": key } };
  const started = await send(gateway, path, sent);
  expect(started).toMatchObject({ status: 201, body: { payUrl: "http://127.0.0.1:1/pay" } });
  const missing = await send(gateway, path, { method: "POST", token });
  expect(problemOf(missing)).toMatchObject({ status: 400, code: "idempotency_key_missing" });
});

test.each([
  ["not_found", 404],
  ["booking_not_payable", 409],
  ["payment_provider_down", 503],
] as const)("a payment that ends in %s is a problem with status %i", async (outcome, status) => {
  const gateway = await startTestGateway({ payments: { start: async () => ({ outcome }) } });
  const sent = { method: "POST", token, headers: { "idempotency-key": key } };
  const refused = await send(gateway, `/v1/bookings/${unknownId}/payments`, sent);
  expect(problemOf(refused)).toMatchObject({ status, code: outcome });
});

test.each(["sandbox", "stripe"])("the bytes of a webhook of %s reach the inbox untouched", async (name) => {
  const received: [string, Buffer, string][] = [];
  const inbox: GatewayServices["inbox"] = {
    receive: async (...message) => {
      received.push(message);
      return { outcome: received.length === 1 ? "stored" : "webhook_signature_wrong" };
    },
  };
  const gateway = await startTestGateway({ inbox });
  const bytes = Buffer.from([0x7b, 0x20, 0xff, 0x00, 0x0d, 0x0a, 0x7d]);
  const sent = { method: "POST", raw: bytes, headers: { [`${name}-signature`]: "t=1,v1=00" } };
  expect((await send(gateway, `/v1/webhooks/${name}`, sent)).body).toEqual({ outcome: "stored" });
  expect(received).toEqual([[name, bytes, "t=1,v1=00"]]);
  const refused = await send(gateway, `/v1/webhooks/${name}`, { method: "POST", raw: "{}" });
  expect(problemOf(refused)).toMatchObject({ status: 401, code: "webhook_signature_wrong" });
  expect(received[1]?.[2]).toBe("");
});

test("too many webhooks at once are told to come again, and forged ones from one address to come later", async () => {
  const forged = "webhook_signature_wrong" as const;
  const outcomes = ["busy", forged, forged, forged, forged] as const;
  let received = 0;
  const inbox: GatewayServices["inbox"] = {
    receive: async () => {
      received += 1;
      return { outcome: outcomes[received - 1] ?? "stored" };
    },
  };
  const gateway = await startTestGateway({ inbox }, { rates: { forgeries: { perMinute: 1, burst: 3 } } });
  const statuses: number[] = [];
  for (let sent = 0; sent < 6; sent += 1)
    statuses.push((await send(gateway, "/v1/webhooks/sandbox", { method: "POST", raw: "{}" })).status);
  // What is signed is taken from there all the same.
  expect(statuses).toEqual([503, 401, 401, 401, 429, 200]);
});

test("a webhook that is longer than any provider's is refused", async () => {
  const gateway = await startTestGateway();
  const raw = Buffer.alloc(defaultBounds.http.webhookBodyBytes + 1, "x");
  const refused = await send(gateway, "/v1/webhooks/sandbox", { method: "POST", raw });
  expect(problemOf(refused)).toMatchObject({ status: 413, code: "body_too_large" });
});

test("every route has a name and a way of its own", () => {
  expect(new Set(routes.map((route) => route.name)).size).toBe(routes.length);
  expect(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size).toBe(routes.length);
});
