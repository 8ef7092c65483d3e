import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { sendRaw } from "../../gateway/test-client.ts";
import { type Buyer, book, bookings, bookingWish, enter, openGuest } from "./attacker.ts";
import { type AttackedSite, portOf, startSite } from "./site.ts";

let site: AttackedSite;
let gateway: string;
/** The event that is stormed, and another one in which the attacker is inside by right. */
let event: OnsaleEvent;
let other: OnsaleEvent;
let attacker: Buyer;
let foreignPass: string;
/** Who is inside the stormed event by right. */
let owner: Buyer;
let pass: string;
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
  [event, other] = [await site.openEvent(), await site.openEvent()];
  [attacker, owner] = [await openGuest(gateway), await openGuest(gateway)];
  pass = (await enter(gateway, event, owner)).pass;
  foreignPass = (await enter(gateway, other, attacker)).pass;
});
afterAll(() => site.close());

type Raw = {
  readonly method?: string;
  readonly path?: string;
  readonly version?: string;
  readonly headers?: readonly string[];
  readonly pass?: string;
  readonly framing?: readonly string[];
  readonly body?: string;
};

const wish = () => JSON.stringify(bookingWish(event));

function bytesOf({ method = "POST", path = bookings(event), version = "HTTP/1.1", ...raw }: Raw): string {
  const body = raw.body ?? wish();
  const lines = [
    `${method} ${path} ${version}`,
    "Host: onsale.example",
    `Authorization: Bearer ${attacker.token}`,
    `Idempotency-Key: ${randomUUID()}`,
    "Content-Type: application/json",
    ...(raw.pass === undefined ? [] : [`Onsale-Pass: ${raw.pass}`]),
    ...(raw.framing ?? [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...(raw.headers ?? []),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** The statuses of all answers on one connection, until the server ends it or the first answer is complete. */
async function statusesOf(text: string, until?: RegExp): Promise<number[]> {
  const answer = await sendRaw({ port: portOf(gateway) }, text, until);
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

const head = /\r\n\r\n/;

function expectNo(status: number | undefined, what = ""): void {
  expect(Math.floor((status ?? 0) / 100), `${status} ${what}`).toBe(4);
}

/** Without a pass, and with one of another event: neither makes a booking, and each answer says no. */
async function expectRefused(raw: Raw): Promise<void> {
  for (const carried of [{}, { pass: foreignPass }]) {
    const [status] = await statusesOf(bytesOf({ ...raw, ...carried }), head);
    expectNo(status, `${raw.method} ${raw.path} ${raw.headers}`);
  }
  expect(await site.bookingsOf(event.id)).toBe(0);
}

const spellings: [string, (id: string, otherId: string) => string][] = [
  ["as it is", (id) => `/v1/events/${id}/bookings`],
  ["two slashes first", (id) => `//v1/events/${id}/bookings`],
  ["two slashes within", (id) => `/v1//events/${id}/bookings`],
  ["two slashes before the last part", (id) => `/v1/events/${id}//bookings`],
  ["a slash at the end", (id) => `/v1/events/${id}/bookings/`],
  ["dots through the other event", (id, inside) => `/v1/events/${inside}/../${id}/bookings`],
  ["encoded dots", (id, inside) => `/v1/events/${inside}/%2e%2e/${id}/bookings`],
  ["doubly encoded dots", (id, inside) => `/v1/events/${inside}/%252e%252e/${id}/bookings`],
  ["one dot", (id) => `/v1/events/./${id}/bookings`],
  ["capitals in the path", (id) => `/V1/Events/${id}/Bookings`],
  ["capitals in the event", (id) => `/v1/events/${id.toUpperCase()}/bookings`],
  ["encoded slashes", (id) => `/v1/events%2f${id}%2fbookings`],
  [
    "the other event, an encoded slash, this one",
    (id, inside) => `/v1/events/${inside}%2f..%2f${id}/bookings`,
  ],
  ["backslashes", (id) => `/v1/events\\${id}\\bookings`],
  ["an encoded letter", (id) => `/v1/events/${id}/%62ookings`],
  ["an encoded digit of the event", (id) => `/v1/events/%3${id.charAt(0)}${id.slice(1)}/bookings`],
  ["parameters of a part", (id) => `/v1/events/${id}/bookings;v=1`],
  ["parameters of the event", (id, inside) => `/v1/events/${id};${inside}/bookings`],
  ["a dot at the end", (id) => `/v1/events/${id}/bookings.`],
  ["an ending", (id) => `/v1/events/${id}/bookings.json`],
  ["a zero byte's code", (id) => `/v1/events/${id}%00/bookings`],
  ["a blank's code", (id) => `/v1/events/${id}/bookings%20`],
  ["a query that names the other event", (id, inside) => `/v1/events/${id}/bookings?eventId=${inside}`],
  ["a fragment", (id) => `/v1/events/${id}/bookings#x`],
  ["no event", () => "/v1/events//bookings"],
  ["an unknown version", (id) => `/v2/events/${id}/bookings`],
];

test.each(spellings)("the booking's address with %s lets nobody in without a pass", async (_, spell) => {
  await expectRefused({ path: spell(event.id, other.id) });
});

/** uWebSockets.js reads no request line whose target does not begin with a slash. */
test.each([
  ["the whole address", (id: string) => `http://onsale.example/v1/events/${id}/bookings`],
  ["another host's address", (id: string) => `http://127.0.0.1/v1/events/${id}/bookings`],
  ["an asterisk", () => "*"],
])("%s in the request line is not served at all, also with a good pass", async (_, spell) => {
  const bytes = bytesOf({ path: spell(event.id), pass }).replace(attacker.token, owner.token);
  expect(await statusesOf(bytes)).toEqual([505]);
  expect(await site.bookingsOf(event.id)).toBe(0);
});

test.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "Post", "BOOK", "POSTX"])(
  "%s books nothing",
  async (method) => {
    await expectRefused({
      method,
      ...(method === "GET" || method === "HEAD" ? { framing: [], body: "" } : {}),
    });
  },
);

test("headers that name another method or address change nothing", async () => {
  const naming = [
    "X-HTTP-Method-Override: POST",
    "X-HTTP-Method: POST",
    "X-Method-Override: POST",
    `X-Original-URL: ${bookings(event)}`,
    `X-Rewrite-URL: ${bookings(event)}`,
    `X-Forwarded-Path: ${bookings(event)}`,
  ];
  for (const header of naming) {
    await expectRefused({ method: "GET", headers: [header], framing: [], body: "" });
    await expectRefused({ headers: [header] });
    // Inside the other event by right, the request stays one to that event: its section is not this one's.
    const [status] = await statusesOf(
      bytesOf({ path: bookings(other), pass: foreignPass, headers: [header] }),
      head,
    );
    expectNo(status, header);
  }
  expect(await site.bookingsOf(event.id)).toBe(0);
});

test("a header that counts and comes twice is refused, whichever of the two is good", async () => {
  const doubles = [
    [`Onsale-Pass: ${pass}`, `Onsale-Pass: ${foreignPass}`],
    [`Onsale-Pass: ${foreignPass}`, `onsale-pass: ${pass}`],
    [`Onsale-Pass: ${pass}`, `Authorization: Bearer ${owner.token}`],
    [`Onsale-Pass: ${pass}, ${foreignPass}`],
    [`Onsale-Pass: ${pass}`],
  ];
  for (const headers of doubles) {
    const [status] = await statusesOf(bytesOf({ headers }), head);
    expectNo(status, headers.join());
  }
  expect(await site.bookingsOf(event.id)).toBe(0);
  expect((await book(gateway, event, owner, pass)).status).toBe(201);
});

/** A request within a request: `outer` is answered, `inner` must never be read as one. */
const smuggled: [string, (inner: string) => Raw][] = [
  [
    "a length and chunks",
    (inner) => ({
      framing: [`Content-Length: ${inner.length + 5}`, "Transfer-Encoding: chunked"],
      body: `0\r\n\r\n${inner}`,
    }),
  ],
  [
    "chunks and a length",
    (inner) => ({ framing: ["Transfer-Encoding: chunked", "Content-Length: 4"], body: `0\r\n\r\n${inner}` }),
  ],
  [
    "two lengths",
    (inner) => ({
      framing: ["Content-Length: 2", `Content-Length: ${inner.length + 2}`],
      body: `{}${inner}`,
    }),
  ],
  [
    "a list of lengths",
    (inner) => ({ framing: [`Content-Length: 2, ${inner.length + 2}`], body: `{}${inner}` }),
  ],
  ["a length with a sign", (inner) => ({ framing: ["Content-Length: +2"], body: `{}${inner}` })],
  ["a length in hexadecimal", (inner) => ({ framing: ["Content-Length: 0x2"], body: `{}${inner}` })],
  ["an empty length", (inner) => ({ framing: ["Content-Length: "], body: `{}${inner}` })],
  [
    "chunks under another name",
    (inner) => ({ framing: ["Transfer-Encoding: xchunked"], body: `0\r\n\r\n${inner}` }),
  ],
  [
    "two encodings",
    (inner) => ({ framing: ["Transfer-Encoding: identity, chunked"], body: `0\r\n\r\n${inner}` }),
  ],
  [
    "a blank before the colon",
    (inner) => ({ framing: ["Transfer-Encoding : chunked"], body: `0\r\n\r\n${inner}` }),
  ],
  ["a folded line", (inner) => ({ framing: ["Transfer-Encoding:", " chunked"], body: `0\r\n\r\n${inner}` })],
  [
    "a body where none is taken",
    (inner) => ({
      method: "DELETE",
      path: `/v1/events/${randomUUID()}/places/mine`,
      framing: [`Content-Length: ${inner.length}`],
      body: inner,
    }),
  ],
];

/** The owner's own request, which would book: it must not be taken out of somebody's body. */
const good = () => bytesOf({ pass }).replace(attacker.token, owner.token);

test.each(smuggled)("a request that is smuggled with %s is never served", async (_, wrap) => {
  const before = await site.bookingsOf(event.id);
  const statuses = await statusesOf(bytesOf(wrap(good())));
  // Where more comes behind what is refused, the connection may end before the answer is out.
  expect(statuses.length).toBeLessThanOrEqual(1);
  for (const status of statuses) expectNo(status);
  // Booked after it at the same gateway: whatever the smuggled one did is done.
  expect((await book(gateway, event, owner, pass)).status).toBe(201);
  expect(await site.bookingsOf(event.id)).toBe(before + 1);
});

test("the same bytes on a connection of their own book", async () => {
  const before = await site.bookingsOf(event.id);
  expect(await statusesOf(good(), head)).toEqual([201]);
  expect(await site.bookingsOf(event.id)).toBe(before + 1);
});
