import { request } from "node:http";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { GatewayServices } from "./services.ts";
import { problemOf, send, sendRaw } from "./test-client.ts";
import { eventId, passOf, seatedId, testBooking, testBuyer, tokenOf, unknownId } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";

const ada = testBuyer();
const token = tokenOf(ada);
const headers = { "onsale-pass": passOf(ada), "idempotency-key": "key-12345678" };
const bookings = `/v1/events/${eventId}/bookings`;
const best = { mode: "best-available", quantity: 1 };
const many = { ...best, quantity: 6 };
const manual = { mode: "manual", sectionId: seatedId, seatNumbers: [1] };

test("an unknown address is 404, and an unknown method 405 with those that are known", async () => {
  const gateway = await startTestGateway();
  for (const path of [
    "/",
    "/v1",
    "/v1/nothing",
    "/v1/events/",
    `/v1/events/${eventId}/sections`,
    "/v1/../docs%2f",
  ])
    expect([path, (await send(gateway, path)).status]).toEqual([path, 404]);
  for (const [method, path, allow] of [
    ["DELETE", "/v1/sessions", "POST"],
    ["PUT", "/v1/events", "GET, HEAD"],
    ["POST", `/v1/events/${eventId}/places/mine`, "GET, HEAD, DELETE"],
    ["OPTIONS", bookings, "POST"],
    ["POST", `/v1/events/${eventId}/room`, "GET, HEAD"],
    ["POST", "/docs", "GET, HEAD"],
  ] as const) {
    const refused = await send(gateway, path, { method, ...(method === "POST" ? { json: {} } : {}) });
    expect(problemOf(refused)).toMatchObject({ status: 405, code: "method_not_allowed" });
    expect(refused.headers.get("allow")).toBe(allow);
  }
});

test("HEAD answers what GET would, without the body", async () => {
  const gateway = await startTestGateway();
  const head = await send(gateway, "/v1/events", { method: "HEAD" });
  const get = await send(gateway, "/v1/events");
  expect(head).toMatchObject({ status: 200, body: undefined });
  expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
});

test.each([
  ["broken JSON", "{", "application/json", 400, "malformed_json"],
  ["text that is no UTF-8", Buffer.from([0x22, 0xff, 0x22]), "application/json", 400, "malformed_json"],
  [
    "half of a character",
    '{"email":"a@b.example","password":"\\ud83d"}',
    "application/json",
    400,
    "malformed_json",
  ],
  ["half of a character in a name", '{"\\uDC00":{"deep":["x"]}}', "application/json", 400, "malformed_json"],
  ["a form", "email=a@b.example", "application/x-www-form-urlencoded", 415, "unsupported_media_type"],
  ["JSON that is called text", '{"email":"a@b.example"}', "text/plain", 415, "unsupported_media_type"],
  ["nothing", "", "application/json", 422, "invalid_request"],
  ["a list", "[]", "application/json", 422, "invalid_request"],
  ["null", "null", "application/json", 422, "invalid_request"],
] as const)("a body that is %s is refused", async (_, raw, type, status, code) => {
  const gateway = await startTestGateway();
  const sent = { method: "POST", raw, headers: { "content-type": type } };
  expect(problemOf(await send(gateway, "/v1/sessions", sent))).toMatchObject({ status, code });
});

test("a character that JSON has in two escaped halves is taken", async () => {
  const gateway = await startTestGateway();
  const sent = {
    method: "POST",
    raw: '{"email":"a@b.example","\\ud83c\\udfb8":1}',
    headers: { "content-type": "application/json" },
  };
  expect(problemOf(await send(gateway, "/v1/sessions", sent))).toMatchObject({ code: "invalid_request" });
});

test("a code of an e-mail that is too short is told what one is", async () => {
  const gateway = await startTestGateway();
  const sent = { method: "POST", json: { email: "a@b.example", code: "123" } };
  expect(problemOf(await send(gateway, "/v1/sessions", sent)).problems).toEqual([
    { path: "code", message: "must be the 8 digits of the e-mail" },
  ]);
});

test("JSON with a charset is JSON", async () => {
  const gateway = await startTestGateway();
  const type = { "content-type": "Application/JSON; charset=utf-8" };
  const sent = { method: "POST", raw: '{"email":"a@b.example"}', headers: type };
  expect((await send(gateway, "/v1/sessions", sent)).status).toBe(201);
});

test.each([
  ["no wishes", {}, "wishes"],
  ["an empty list of wishes", { wishes: [] }, "wishes"],
  ["six wishes", { wishes: Array.from({ length: 6 }, () => best) }, "wishes"],
  ["wishes for twelve seats together", { wishes: [many, many] }, "wishes"],
  [
    "seats of its choice in no section",
    { wishes: [{ mode: "manual", seatNumbers: [1] }] },
    "wishes.0.sectionId",
  ],
  ["a section that is no id", { wishes: [{ ...best, sectionId: "1" }] }, "wishes.0.sectionId"],
  ["a number as text", { wishes: [{ ...best, quantity: "1" }] }, "wishes.0.quantity"],
  ["half a seat", { wishes: [{ ...best, quantity: 1.5 }] }, "wishes.0.quantity"],
  ["no seats", { wishes: [{ ...best, quantity: 0 }] }, "wishes.0.quantity"],
  ["a thousand seats", { wishes: [{ ...best, quantity: 1_000 }] }, "wishes.0.quantity"],
  ["more accessible seats than seats", { wishes: [{ ...best, accessible: 2 }] }, "wishes.0.accessible"],
  ["a category twice", { wishes: [{ ...best, categories: ["A", "A"] }] }, "wishes.0.categories"],
  ["a price below 0", { wishes: [{ ...best, upTo: -1 }] }, "wishes.0.upTo"],
  ["an unknown mode", { wishes: [{ mode: "lucky" }] }, "wishes.0.mode"],
  ["the fields of the other mode", { wishes: [{ ...best, seatNumbers: [1] }] }, "wishes.0"],
  ["a seat twice", { wishes: [{ ...manual, seatNumbers: [1, 1] }] }, "wishes.0.seatNumbers"],
  ["a seat below 0", { wishes: [{ ...manual, seatNumbers: [-1] }] }, "wishes.0.seatNumbers.0"],
  ["another way to take seats", { wishes: [{ ...manual, take: "some" }] }, "wishes.0.take"],
  ["an empty code", { wishes: [best], code: "" }, "code"],
  ["an unknown field", { wishes: [best], price: 1 }, ""],
])("a booking with %s is refused and the field is named", async (_, json, path) => {
  const gateway = await startTestGateway();
  const refused = problemOf(await send(gateway, bookings, { method: "POST", token, headers, json }));
  expect(refused).toMatchObject({ status: 422, code: "invalid_request" });
  expect(refused.problems?.map((problem) => problem.path)).toContain(path);
});

test("a field that would reach into every object is an unknown field", async () => {
  const gateway = await startTestGateway();
  const raw = '{"email":"a@b.example","__proto__":{"guest":false}}';
  const sent = { method: "POST", raw, headers: { "content-type": "application/json" } };
  expect(problemOf(await send(gateway, "/v1/sessions", sent)).code).toBe("invalid_request");
});

test.each(["1", unknownId.toUpperCase(), `${unknownId}0`, "%00", "..%2f", "null"])(
  "the id %s is refused as no id",
  async (id) => {
    const gateway = await startTestGateway();
    const refused = problemOf(await send(gateway, `/v1/events/${id}`));
    expect(refused).toMatchObject({ status: 422, problems: [{ path: "eventId" }] });
  },
);

test.each(["short", "x".repeat(129), "with space", "umläut-12"])(
  "the idempotency key %j is refused",
  async (key) => {
    const gateway = await startTestGateway();
    const own = { ...headers, "idempotency-key": key };
    const sent = { method: "POST", token, headers: own, json: { wishes: [best] } };
    const refused = problemOf(await send(gateway, bookings, sent));
    expect(refused).toMatchObject({ status: 422, problems: [{ path: "Idempotency-Key" }] });
  },
);

test("a body that is too large is refused by its length alone, before it comes", async () => {
  const gateway = await startTestGateway({}, { http: { bodyBytes: 100 } });
  const head = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  const answer = await sendRaw(gateway, `${head}Content-Length: 101\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain("This route takes 100 bytes.");
});

test("a body that is too large is refused when it comes in chunks and says no length", async () => {
  const gateway = await startTestGateway({}, { http: { bodyBytes: 100 } });
  const head = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const answer = await sendRaw(gateway, head + `32\r\n${"x".repeat(50)}\r\n`.repeat(3));
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test("a client that sends a large body whole still reads why it was refused", async () => {
  const gateway = await startTestGateway();
  const sent = {
    method: "POST",
    raw: Buffer.alloc(1_000_000),
    headers: { "content-type": "application/json" },
  };
  expect(problemOf(await send(gateway, "/v1/sessions", sent)).code).toBe("body_too_large");
});

test("a body in chunks that fits is read whole", async () => {
  const gateway = await startTestGateway();
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const options = { method: "POST", headers: { "content-type": "application/json" } };
  const sending = request(`${gateway.url}/v1/sessions`, options, ({ statusCode }) => resolve(statusCode));
  for (const part of ['{"email":', '"a@b.', 'example"}']) sending.write(part);
  sending.end();
  expect(await promise).toBe(201);
});

test("a body that comes too slowly is answered 408 and its connection ends", async () => {
  const gateway = await startTestGateway({}, { http: { bodyTimeoutMs: 50 } });
  const head = "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{";
  const answer = await sendRaw(gateway, head);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('"code":"body_too_slow"');
});

test("past the bound of requests in flight the next is answered 503 at once", async () => {
  const held = Promise.withResolvers<readonly []>();
  const list = () => held.promise;
  const catalogue = { list, find: async () => undefined } satisfies GatewayServices["catalogue"];
  const gateway = await startTestGateway({ catalogue }, { http: { inFlightRequests: 1 } });
  const first = send(gateway, "/v1/events");
  const refused = await send(gateway, "/v1/events");
  expect(problemOf(refused)).toMatchObject({ status: 503, code: "busy" });
  expect(refused.headers.get("retry-after")).toBe("1");
  held.resolve([]);
  expect((await first).status).toBe(200);
  expect((await send(gateway, "/v1/events")).status).toBe(200);
});

test("an answer that does not come in time is 503, and its late end harms nobody", async () => {
  const held = Promise.withResolvers<readonly []>();
  const catalogue = { list: () => held.promise, find: async () => undefined };
  const gateway = await startTestGateway({ catalogue }, { http: { answerTimeoutMs: 50 } });
  const late = await send(gateway, "/v1/events");
  expect(problemOf(late)).toMatchObject({ status: 503, code: "unavailable" });
  held.resolve([]);
  expect((await send(gateway, "/v1/events")).status).toBe(200);
});

test("a client that goes before its answer is not logged as turned away when the time is up", async () => {
  const turnedAway: string[] = [];
  const logger = pino({ level: "warn" }, { write: (line) => turnedAway.push(line) });
  const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<never[]>()];
  const list = () => {
    asked.resolve();
    return held.promise;
  };
  const services = { logger, catalogue: { list, find: async () => undefined } };
  const gateway = await startTestGateway(services, { http: { answerTimeoutMs: 300 } });
  const gone = request(`${gateway.url}/v1/events`).on("error", () => {});
  gone.end();
  await asked.promise;
  gone.destroy();
  expect((await send(gateway, "/v1/events")).status).toBe(503);
  expect(turnedAway).toHaveLength(1);
  held.resolve([]);
});

test.each([
  [new Error("a bug with a secret in it"), 500, "internal"],
  [Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), 503, "unavailable"],
  [new Error("Command timed out"), 503, "unavailable"],
])("a throw (%s) becomes a problem that says nothing of the inside", async (failure, status, code) => {
  const catalogue = { list: () => Promise.reject(failure), find: async () => undefined };
  const gateway = await startTestGateway({ catalogue });
  const refused = await send(gateway, "/v1/events");
  expect(problemOf(refused)).toMatchObject({ status, code });
  expect(JSON.stringify(refused.body)).not.toContain(failure.message);
});

test("a client that goes away in the middle leaves the gateway well", async () => {
  const held = Promise.withResolvers<readonly []>();
  const asked = Promise.withResolvers<void>();
  const list = () => {
    asked.resolve();
    return held.promise;
  };
  const gateway = await startTestGateway({ catalogue: { list, find: async () => undefined } });
  const ending = new AbortController();
  const gone = fetch(`${gateway.url}/v1/events`, { signal: ending.signal }).catch(() => "gone");
  await asked.promise;
  ending.abort();
  expect(await gone).toBe("gone");
  held.resolve([]);
  expect((await send(gateway, "/v1/events")).status).toBe(200);
});

test("every answer carries the headers that keep browsers careful, and an id of its own", async () => {
  const gateway = await startTestGateway();
  const ids = new Set<string | null>();
  for (const path of ["/v1/events", "/v1/nothing", "/docs"]) {
    const { headers: got } = await send(gateway, path);
    expect(got.get("x-content-type-options")).toBe("nosniff");
    expect(got.get("content-security-policy")).toContain("default-src 'none'");
    expect(got.get("strict-transport-security")).toContain("max-age=");
    ids.add(got.get("request-id"));
  }
  expect(ids.size).toBe(3);
});

test("nothing of a request comes back as a header", async () => {
  const gateway = await startTestGateway();
  const odd = "x%0d%0aSet-Cookie:%20a=b";
  const answer = await sendRaw(
    gateway,
    `GET /v1/events/${odd}?${odd} HTTP/1.1\r\nHost: x\r\nRequest-Id: ${odd}\r\nIf-None-Match: ${odd}\r\nConnection: close\r\n\r\n`,
    /\}$/,
  );
  expect(answer.split("\r\n\r\n")[0]).not.toMatch(/set-cookie|x%0d/i);
});

test("what a part of the system says is no way into the headers either", async () => {
  const id = "x\r\nSet-Cookie: a=b" as never;
  const booking = { ...testBooking(ada.buyerId), id };
  const gateway = await startTestGateway({
    bookings: {
      book: async () => ({ outcome: "booked", booking, fresh: true }),
      find: async () => undefined,
    },
  });
  const json = { wishes: [best] };
  const refused = await send(gateway, bookings, { method: "POST", token, headers, json });
  expect(refused.headers.get("set-cookie")).toBeNull();
  expect(problemOf(refused).code).toBe("internal");
});
