import { expect, test } from "vitest";
import { problemOf, send, sendRaw } from "./test-client.ts";
import { eventId, passOf, testBuyer, tokenOf, unknownId } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { openRoom, upgradeText } from "./test-socket.ts";

const ada = testBuyer();
const room = `/v1/events/${eventId}/room`;
const bearer = `Authorization: Bearer ${tokenOf(ada)}`;
const head = /\r\n\r\n/;

test("a client that is no browser may send its token as a header and gets no subprotocol", async () => {
  const gateway = await startTestGateway();
  const answer = await sendRaw(gateway, upgradeText(room, [bearer]), head);
  expect(answer).toMatch(/^HTTP\/1\.1 101 /);
  expect(answer.toLowerCase()).not.toContain("sec-websocket-protocol");
});

test("the token is not repeated in the answer's subprotocol", async () => {
  const gateway = await startTestGateway();
  const protocols = `Sec-WebSocket-Protocol: onsale.v1, bearer.${tokenOf(ada)}`;
  const answer = await sendRaw(gateway, upgradeText(room, [protocols]), head);
  expect(answer).toMatch(/^HTTP\/1\.1 101 /);
  expect(answer).toMatch(/sec-websocket-protocol: onsale\.v1\r\n/i);
  expect(answer).not.toContain("bearer.");
});

test("the page's own origin may open the room", async () => {
  const gateway = await startTestGateway();
  const answer = await sendRaw(gateway, upgradeText(room, [bearer, "Origin: https://onsale.example"]), head);
  expect(answer).toMatch(/^HTTP\/1\.1 101 /);
});

test.each([
  ["no token", room, [], "401", "token_missing"],
  ["garbage for a token", room, ["Authorization: Bearer x"], "401", "token_invalid"],
  ["a pass for a token", room, [`Authorization: Bearer ${passOf(ada)}`], "401", "token_invalid"],
  ["another page's origin", room, [bearer, "Origin: https://evil.example"], "403", "forbidden"],
  ["an origin of nowhere", room, [bearer, "Origin: null"], "403", "forbidden"],
  ["an unknown subprotocol", room, [bearer, "Sec-WebSocket-Protocol: chat"], "400", "malformed_request"],
  ["an unknown event", `/v1/events/${unknownId}/room`, [bearer], "404", "not_found"],
  ["an event that is no id", "/v1/events/1/room", [bearer], "404", "not_found"],
])("%s: there is no socket, but a problem that says why", async (_, path, headers, status, code) => {
  const gateway = await startTestGateway();
  const answer = await sendRaw(gateway, upgradeText(path, headers));
  expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
  expect(answer).toContain(`"code":"${code}"`);
  expect(gateway.feeds.opened()).toBe(0);
});

test("without an upgrade the room's address says what it speaks", async () => {
  const gateway = await startTestGateway();
  const refused = await send(gateway, room);
  expect(problemOf(refused)).toMatchObject({ status: 426, code: "upgrade_required" });
  expect(refused.headers.get("upgrade")).toBe("websocket");
  expect((await send(gateway, room, { method: "HEAD" })).status).toBe(426);
});

test.each([
  ["the process", { connections: 2 }],
  ["one buyer", { connectionsPerBuyer: 2 }],
])("past the bound of %s a socket is refused as busy, until one has ended", async (_, socket) => {
  const gateway = await startTestGateway({}, { socket });
  await openRoom(gateway, tokenOf(ada));
  const second = await openRoom(gateway, tokenOf(ada));
  const refused = await sendRaw(gateway, upgradeText(room, [bearer]));
  expect(refused).toMatch(/^HTTP\/1\.1 503 /);
  expect(refused).toContain('"code":"busy"');
  second.close();
  await expect
    .poll(() => sendRaw(gateway, upgradeText(room, [bearer]), head), { timeout: 5_000 })
    .toMatch(/^HTTP\/1\.1 101 /);
});
