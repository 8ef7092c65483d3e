import { expect, test } from "vitest";
import type { GatewayServices } from "./services.ts";
import { sendRaw } from "./test-client.ts";
import { startTestGateway } from "./test-gateway.ts";

const smuggled = "GET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
const json = "Content-Type: application/json\r\n";

function post(headers: string, body: string): string {
  return `POST /v1/sessions HTTP/1.1\r\nHost: x\r\n${json}${headers}\r\n${body}`;
}

/** Two readers could see different requests in each of these; a second request hides behind the first. */
const doubtful: [string, string][] = [
  [
    "two lengths that differ, the first short",
    post("Content-Length: 3\r\nContent-Length: 5\r\n", `abc${smuggled}`),
  ],
  [
    "two lengths that differ, the first long",
    post("Content-Length: 5\r\nContent-Length: 3\r\n", `abc${smuggled}`),
  ],
  ["the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", `abc${smuggled}`)],
  [
    "a length and chunks",
    post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${smuggled}`),
  ],
  [
    "chunks and a length",
    post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", `0\r\n\r\n${smuggled}`),
  ],
  ["an empty length", post("Content-Length: \r\n", smuggled)],
  ["a negative length", post("Content-Length: -1\r\n", smuggled)],
  ["a length with a sign", post("Content-Length: +3\r\n", `abc${smuggled}`)],
  ["a list of lengths", post("Content-Length: 3, 3\r\n", `abc${smuggled}`)],
  ["a length in hexadecimal", post("Content-Length: 0x3\r\n", `abc${smuggled}`)],
  ["a length beyond all numbers", post(`Content-Length: ${"9".repeat(30)}\r\n`, smuggled)],
  ["an encoding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", `0\r\n\r\n${smuggled}`)],
  ["an encoding that is not chunked", post("Transfer-Encoding: identity\r\n", smuggled)],
  ["an encoding that only begins so", post("Transfer-Encoding: chunkedx\r\n", `0\r\n\r\n${smuggled}`)],
  [
    "two encodings",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", `0\r\n\r\n${smuggled}`),
  ],
  ["an encoding behind a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n", `0\r\n\r\n${smuggled}`)],
  [
    "a chunk's length that is none",
    post("Transfer-Encoding: chunked\r\n", `zz\r\nabc\r\n0\r\n\r\n${smuggled}`),
  ],
  ["a space before the colon", post("Content-Length : 3\r\n", `abc${smuggled}`)],
  ["a folded header", post("Content-Length: 3\r\nX-A: 1\r\n Content-Length: 5\r\n", `abc${smuggled}`)],
  ["a bare line feed in a header", post("X-A: 1\nTransfer-Encoding: chunked\r\n", smuggled)],
  ["a zero byte in a header", post("X-A: a\0b\r\n", smuggled)],
  ["a body with GET", `GET /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc${smuggled}`],
  [
    "chunks with GET",
    `GET /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  ["two hosts", `GET /v1/events HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n${smuggled}`],
  ["no host", `GET /v1/events HTTP/1.1\r\n\r\n${smuggled}`],
  ["lines that end without a return", `GET /v1/events HTTP/1.1\nHost: x\n\n${smuggled}`],
  ["an old version", `GET /v1/events HTTP/1.0\r\nHost: x\r\n\r\n${smuggled}`],
  ["a header that is too large", `GET /v1/events HTTP/1.1\r\nX: ${"a".repeat(9_000)}\r\n\r\n${smuggled}`],
];

test.each(doubtful)("%s: the connection ends and nothing behind it is answered", async (_, text) => {
  const reached: string[] = [];
  const sessions = {
    openGuest: async (email: string) => reached.push(email),
  } as unknown as GatewayServices["sessions"];
  const gateway = await startTestGateway({ sessions });
  const answer = await sendRaw(gateway, text);
  expect(answer).toMatch(/^$|^HTTP\/1\.1 (4\d\d|505) /);
  expect(answer).not.toContain("200 OK");
  expect(answer.match(/HTTP\/1\.1/g) ?? []).toHaveLength(answer === "" ? 0 : 1);
  expect(reached).toEqual([]);
});

test.each([
  ["Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"],
  ["Idempotency-Key: key-12345678\r\nIdempotency-Key: key-87654321\r\n"],
  ["Onsale-Pass: a\r\nOnsale-Pass: b\r\n"],
])("a header that counts and comes twice is refused: %j", async (headers) => {
  const gateway = await startTestGateway();
  const answer = await sendRaw(gateway, `GET /v1/events HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"code":"malformed_request"');
});

test("a doubtful request to an address that is not served is refused in the same way", async () => {
  const gateway = await startTestGateway();
  const text = `POST /v1/no HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc${smuggled}`;
  expect(await sendRaw(gateway, text)).toBe("");
  const alone = "POST /docs HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc";
  expect(await sendRaw(gateway, alone)).toMatch(/^HTTP\/1\.1 400 /);
});

test("requests one after the other on one connection are all answered", async () => {
  const gateway = await startTestGateway();
  const one = "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n";
  const first = await sendRaw(gateway, one, /alive/);
  expect(first).toContain("200 OK");
  const bodies = post("Content-Length: 2\r\n", "{}");
  expect(await sendRaw(gateway, bodies, /invalid_request/)).toContain("422");
});
