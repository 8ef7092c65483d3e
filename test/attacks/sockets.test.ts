import { afterAll, beforeAll, expect, test } from "vitest";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import { sendRaw } from "../../gateway/test-client.ts";
import { openRoom, upgradeText } from "../../gateway/test-socket.ts";
import { waitFor } from "../harness/wait-for.ts";
import { join, leave, openGuest, standingOf, turnOf } from "./attacker.ts";
import { type AttackedSite, portOf, publicUrl, startSite } from "./site.ts";

let site: AttackedSite;
let gateway: string;
let event: OnsaleEvent;
let at: { port: number };
beforeAll(async () => {
  site = await startSite();
  gateway = site.gateways[0];
  at = { port: portOf(gateway) };
  event = await site.openEvent();
});
afterAll(() => site.close());

const times = (count: number) => Array.from({ length: count }, (_, index) => index);
const head = /\r\n\r\n/;

const upgrade = (token: string, ...headers: string[]) =>
  sendRaw(
    at,
    upgradeText(`/v1/events/${event.id}/room`, [`Authorization: Bearer ${token}`, ...headers]),
    head,
  );

const stream = (token: string, ...headers: string[]) => {
  const lines = [`Authorization: Bearer ${token}`, ...headers].join("\r\n");
  const path = `/v1/events/${event.id}/room/stream`;
  return sendRaw(at, `GET ${path} HTTP/1.1\r\nHost: onsale.example\r\n${lines}\r\n\r\n`, head);
};

test.each([
  ["another page", "https://evil.example"],
  ["nowhere", "null"],
  ["a page whose name begins like ours", `${publicUrl}.evil.example`],
  ["a page whose name ends like ours", "https://evil-onsale.example"],
  ["our name without TLS", "http://onsale.example"],
  ["our name at another port", `${publicUrl}:8443`],
  ["a page that names ours behind its own", `https://evil.example/${publicUrl}`],
  ["two pages", `${publicUrl} https://evil.example`],
])("a page from %s opens neither socket nor stream with a buyer's token", async (_, origin) => {
  const { token } = await openGuest(gateway);
  expect(await upgrade(token, `Origin: ${origin}`)).toMatch(/^HTTP\/1\.1 403 /);
  expect(await stream(token, `Origin: ${origin}`)).toMatch(/^HTTP\/1\.1 403 /);
});

test("our own page opens socket and stream, and so does a client that is no page", async () => {
  const { token } = await openGuest(gateway);
  for (const headers of [[`Origin: ${publicUrl}`], []]) {
    expect(await upgrade(token, ...headers)).toMatch(/^HTTP\/1\.1 101 /);
    expect(await stream(token, ...headers)).toMatch(/^HTTP\/1\.1 200 /);
  }
});

test("who floods the room with messages is shown out; others hear on", async () => {
  const [flooder, other] = [await openGuest(gateway), await openGuest(gateway)];
  const socket = await openRoom(at, flooder.token, event.id);
  const calm = await openRoom(at, other.token, event.id);
  await calm.heard({ type: "standing" });
  for (const _ of times(500)) socket.say('{"type":"standing"}');
  await socket.heard({ type: "bye", reason: "too_many_messages" });
  expect(await waitFor(socket.closed, { what: "the end" })).toMatchObject({ code: 1008 });
  expect(socket.messages.filter(({ type }) => type === "standing").length).toBeLessThanOrEqual(61);
  const before = calm.messages.filter(({ type }) => type === "standing").length;
  calm.say('{"type":"standing"}');
  const answered = () => calm.messages.filter(({ type }) => type === "standing").length > before;
  await waitFor(answered, { what: "an answer to the other" });
  expect(calm.closed()).toBeUndefined();
});

test("a message that is too large ends its socket alone", async () => {
  const { token } = await openGuest(gateway);
  const [loud, calm] = [await openRoom(at, token, event.id), await openRoom(at, token, event.id)];
  loud.say(JSON.stringify({ type: "standing", more: "x".repeat(1_000_000) }));
  await waitFor(loud.closed, { what: "the end" });
  expect(calm.closed()).toBeUndefined();
  expect((await standingOf(gateway, event, { token, buyerId: "" })).code).toBe("place_missing");
});

test("one buyer has eight connections, sockets and streams together, however many open at once", async () => {
  const [buyer, other] = [await openGuest(gateway), await openGuest(gateway)];
  const path = `ws://127.0.0.1:${at.port}/v1/events/${event.id}/room`;
  const sockets = times(40).map(() => new WebSocket(path, ["onsale.v1", `bearer.${buyer.token}`]));
  const opened = await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<boolean>((resolve) => {
          socket.onopen = () => resolve(true);
          socket.onerror = () => resolve(false);
        }),
    ),
  );
  expect(opened.filter(Boolean)).toHaveLength(8);
  expect(await upgrade(buyer.token)).toMatch(/^HTTP\/1\.1 503 /);
  expect(await stream(buyer.token)).toMatch(/^HTTP\/1\.1 503 /);
  expect(await upgrade(other.token)).toMatch(/^HTTP\/1\.1 101 /);
  for (const socket of sockets) socket.close();
  await waitFor(async () => (await upgrade(buyer.token)).startsWith("HTTP/1.1 101 "), {
    what: "space again",
  });
});

test("`here` brings a lapsed place back, and makes no new one where the place was left meanwhile", async () => {
  const room = await site.openEvent({ turnWindowMs: 1_000, cap: 1 });
  const buyer = await openGuest(gateway);
  const lapsed = async () => (await standingOf(gateway, room, buyer)).body.standing.outcome === "lapsed";
  await join(gateway, room, buyer);
  await turnOf(gateway, room, buyer);
  await waitFor(lapsed, { what: "the end of the turn" });
  const socket = await openRoom(at, buyer.token, room.id);
  await socket.heard({ type: "standing", outcome: "lapsed" });
  socket.say('{"type":"here"}');
  await socket.heard({ type: "standing", outcome: "waiting", number: 1 });
  await socket.heard({ type: "turn" });
  await waitFor(lapsed, { what: "the end of the second turn" });
  socket.say('{"type":"standing"}');
  const isLapsed = () => socket.messages.at(-1)?.type === "standing" || undefined;
  await waitFor(isLapsed, { what: "an answer" });
  // At the other gateway, of which this socket does not hear.
  await leave(site.gateways[1], room, buyer);
  socket.say('{"type":"here"}');
  await socket.heard({ type: "standing", outcome: "place_missing" });
  expect((await standingOf(gateway, room, buyer)).code).toBe("place_missing");
});
