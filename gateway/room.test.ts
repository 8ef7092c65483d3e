import { expect, test } from "vitest";
import type { RoomsOfEvents, Standing } from "../queue-admission/room.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import { roomPath } from "./room/room-messages.ts";
import type { GatewayServices } from "./services.ts";
import { send } from "./test-client.ts";
import {
  eventId,
  startTestGateway,
  type TestGateway,
  testBooking,
  testBuyer,
  testTokens,
  tokenOf,
} from "./test-gateway.ts";
import { openRoom } from "./test-socket.ts";

const ada = testBuyer("ada");
const ben = testBuyer("ben");
const soon = { positionEveryMs: { near: 0, middle: 0, far: 0 } };
const deadlineMs = 1_800_000_000_000;
const deadline = "2027-01-15T08:00:00.000Z";

function waitingAt(number: number, position = number): Standing {
  return { outcome: "waiting", number, position, state: "open" };
}

function roomsWith(standing: RoomsOfEvents["standing"]): RoomsOfEvents {
  return {
    configure: async () => {},
    join: async () => ({ outcome: "joined", standing: waitingAt(40), receipt: "r", fresh: true }),
    standing,
    takeTurn: async () => ({ outcome: "admitted", pass: "pass", endsAtMs: deadlineMs }),
    leave: async () => {},
  };
}

test("a socket hears at once where its buyer stands, and speaks the subprotocol", async () => {
  const gateway = await startTestGateway();
  const socket = await openRoom(gateway, tokenOf(ada));
  expect(socket.protocol()).toBe("onsale.v1");
  expect(socket.messages[0]).toEqual({
    type: "standing",
    outcome: "waiting",
    number: 12,
    position: 5,
    state: "open",
  });
});

test("ticks tell each buyer the own position without asking Redis again", async () => {
  let readings = 0;
  const rooms = roomsWith(async (_, { identity }) => {
    readings += 1;
    return waitingAt(identity === ada.identity ? 12 : 30);
  });
  const gateway = await startTestGateway({ rooms }, { socket: soon });
  const [first, second] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  gateway.feeds.news({ kind: "tick", state: "open", servedUpTo: 9, waiting: 100 });
  expect(await first.heard({ type: "position" })).toEqual({ type: "position", position: 3, state: "open" });
  expect(await second.heard({ type: "position" })).toMatchObject({ position: 21 });
  expect(readings).toBe(2);
});

test("a position is told once, and who is served hears no position", async () => {
  const rooms = roomsWith(async (_, { identity }) => waitingAt(identity === ada.identity ? 5 : 30));
  const gateway = await startTestGateway({ rooms }, { socket: soon });
  const [served, behind] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  gateway.feeds.news({ kind: "tick", state: "open", servedUpTo: 9, waiting: 100 });
  await behind.heard({ position: 21 });
  gateway.feeds.news({ kind: "tick", state: "open", servedUpTo: 9, waiting: 99 });
  gateway.feeds.news({ kind: "tick", state: "open", servedUpTo: 10, waiting: 98 });
  await behind.heard({ position: 20 });
  expect(behind.messages.filter(({ type }) => type === "position")).toHaveLength(2);
  expect(served.messages).toHaveLength(1);
});

test("who stands far hears positions more rarely, but hears the last one without another tick", async () => {
  const rooms = roomsWith(async (_, { identity }) => waitingAt(identity === ada.identity ? 50 : 500));
  const bounds = { positionEveryMs: { near: 1, middle: 400, far: 400 } };
  const gateway = await startTestGateway({ rooms }, { socket: bounds });
  const [near, far] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  for (const servedUpTo of [10, 20, 30]) {
    gateway.feeds.news({ kind: "tick", state: "open", servedUpTo, waiting: 100 });
    await near.heard({ position: 50 - servedUpTo });
  }
  await far.heard({ position: 470 });
  expect(far.messages.filter(({ type }) => type === "position")).toHaveLength(1);
});

test("a turn reaches every socket of the place, and not another session of the same identity", async () => {
  const twin = { ...ben, identity: ada.identity };
  const rooms = roomsWith(async (_, { buyerId }) =>
    buyerId === ada.buyerId ? waitingAt(5) : { outcome: "place_elsewhere" },
  );
  const gateway = await startTestGateway({ rooms });
  const sockets = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ada))];
  const other = await openRoom(gateway, tokenOf(twin));
  expect(other.messages[0]).toEqual({ type: "standing", outcome: "place_elsewhere" });
  gateway.feeds.news({ kind: "turns", turns: [{ identity: ada.identity, number: 5, deadlineMs }] });
  for (const socket of sockets)
    expect(await socket.heard({ type: "turn" })).toEqual({ type: "turn", deadline });
  expect(other.messages).toHaveLength(1);
});

test("a turn of a place that the buyer has no more is not told", async () => {
  const gateway = await startTestGateway({ rooms: roomsWith(async () => waitingAt(40)) });
  const socket = await openRoom(gateway, tokenOf(ada));
  const { identity } = ada;
  gateway.feeds.news({ kind: "turns", turns: [{ identity, number: 5, deadlineMs }] });
  gateway.feeds.news({ kind: "turns", turns: [{ identity, number: 40, deadlineMs: deadlineMs + 1_000 }] });
  expect(await socket.heard({ type: "turn" })).toEqual({
    type: "turn",
    deadline: "2027-01-15T08:00:01.000Z",
  });
});

test("a turn that comes while the standing is being read is not lost", async () => {
  const read = Promise.withResolvers<Standing>();
  const readings = [read.promise, Promise.resolve<Standing>({ outcome: "turn", number: 5, deadlineMs })];
  let count = 0;
  const rooms = roomsWith(() => readings[count++] as Promise<Standing>);
  const gateway = await startTestGateway({ rooms });
  const opening = openRoom(gateway, tokenOf(ada));
  await waitFor(() => count === 1, { what: "the first reading" });
  gateway.feeds.news({ kind: "turns", turns: [{ identity: ada.identity, number: 5, deadlineMs }] });
  read.resolve(waitingAt(5));
  expect((await opening).messages[0]).toEqual({ type: "standing", outcome: "turn", number: 5, deadline });
});

test("a change of the room's state is told to everybody at once", async () => {
  const gateway = await startTestGateway();
  const sockets = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  gateway.feeds.news({ kind: "tick", state: "open", servedUpTo: 1, waiting: 1 });
  gateway.feeds.news({ kind: "tick", state: "paused", servedUpTo: 1, waiting: 1 });
  for (const socket of sockets)
    expect(await socket.heard({ type: "room" })).toEqual({ type: "room", state: "paused" });
});

test("a booking's change reaches the buyer's sockets and nobody else's", async () => {
  const gateway = await startTestGateway();
  const [mine, other] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  const bookingId = testBooking(ada.buyerId).id;
  gateway.feeds.change({ buyerId: ada.buyerId, bookingId, status: "paid" });
  expect(await mine.heard({ type: "booking" })).toEqual({ type: "booking", bookingId, status: "paid" });
  expect(other.messages).toHaveLength(1);
});

test("joining and taking the turn by request is told to the buyer's sockets too", async () => {
  const gateway = await startTestGateway({ rooms: roomsWith(async () => ({ outcome: "place_missing" })) });
  const token = tokenOf(ada);
  const socket = await openRoom(gateway, token);
  expect(socket.messages[0]).toEqual({ type: "standing", outcome: "place_missing" });
  await send(gateway, `/v1/events/${eventId}/places`, { method: "POST", token });
  await socket.heard({ type: "standing", outcome: "waiting", number: 40 });
  gateway.feeds.news({ kind: "turns", turns: [{ identity: ada.identity, number: 40, deadlineMs }] });
  await socket.heard({ type: "turn" });
  await send(gateway, `/v1/events/${eventId}/passes`, { method: "POST", token });
  expect(await socket.heard({ type: "inside" })).toEqual({ type: "inside", passEndsAt: deadline });
  await send(gateway, `/v1/events/${eventId}/places/mine`, { method: "DELETE", token });
  await waitFor(() => socket.messages.at(-1)?.type === "standing", { what: "the place's end" });
});

test("a client may ask where it stands", async () => {
  let number = 7;
  const gateway = await startTestGateway({ rooms: roomsWith(async () => waitingAt(number)) });
  const socket = await openRoom(gateway, tokenOf(ada));
  number = 90;
  socket.say('{"type":"standing"}');
  await socket.heard({ type: "standing", number: 90 });
});

test.each([
  ["no JSON", "hello"],
  ["an unknown type", '{"type":"shout"}'],
  ["an unknown field", '{"type":"standing","more":1}'],
  ["bytes", new Uint8Array([1, 2, 3])],
])("a message that is %s ends the socket with a reason", async (_, message) => {
  const gateway = await startTestGateway();
  const socket = await openRoom(gateway, tokenOf(ada));
  socket.say(message);
  await socket.heard({ type: "bye", reason: "message_invalid" });
  await waitFor(socket.closed, { what: "the end of the socket" });
  expect(socket.closed()).toEqual({ code: 1008, reason: "message_invalid" });
});

test("a message that is too large ends the socket", async () => {
  const gateway = await startTestGateway();
  const socket = await openRoom(gateway, tokenOf(ada));
  socket.say(JSON.stringify({ type: "standing", more: "x".repeat(2_000) }));
  await waitFor(socket.closed, { what: "the end of the socket" });
  expect(socket.messages).toHaveLength(1);
});

test("more messages in a minute than allowed end the socket", async () => {
  const gateway = await startTestGateway({}, { socket: { messagesPerMinute: 3 } });
  const socket = await openRoom(gateway, tokenOf(ada));
  for (let count = 0; count < 4; count += 1) socket.say('{"type":"standing"}');
  await socket.heard({ type: "bye", reason: "too_many_messages" });
  await waitFor(socket.closed, { what: "the end of the socket" });
});

test("sockets of one event share one watch, which ends with the last of them and begins anew", async () => {
  const gateway = await startTestGateway();
  const first = await openRoom(gateway, tokenOf(ada));
  const second = await openRoom(gateway, tokenOf(ben));
  expect(gateway.feeds.open()).toBe(2);
  first.close();
  await waitFor(first.closed, { what: "the end of the first" });
  expect(gateway.feeds.open()).toBe(2);
  second.close();
  await waitFor(() => gateway.feeds.open() === 0, { what: "the end of the watch" });
  await openRoom(gateway, tokenOf(ada));
  expect(gateway.feeds.opened()).toBe(4);
});

test("when the room's news cannot be had the socket says so and ends, and a later one tries anew", async () => {
  let broken = true;
  const roomNews: GatewayServices["roomNews"] = {
    watch: async () => {
      if (broken) throw new Error("no Redis");
      return async () => {};
    },
  };
  const gateway = await startTestGateway({ roomNews });
  const socket = await openRoom(gateway, tokenOf(ada));
  await waitFor(socket.closed, { what: "the end of the socket" });
  expect(socket.messages).toEqual([{ type: "bye", reason: "unavailable" }]);
  expect(gateway.feeds.open()).toBe(0);
  broken = false;
  expect((await openRoom(gateway, tokenOf(ada))).messages[0]).toMatchObject({ type: "standing" });
});

test("a socket that ends while its standing is being read harms nobody, even when the reading fails", async () => {
  const read = Promise.withResolvers<Standing>();
  let asked = 0;
  const rooms = roomsWith(() => {
    asked += 1;
    return asked === 1 ? read.promise : Promise.resolve(waitingAt(9));
  });
  const gateway = await startTestGateway({ rooms });
  const raw = new WebSocket(`ws://127.0.0.1:${gateway.port}${roomPath.replace(":eventId", eventId)}`, [
    "onsale.v1",
    `bearer.${tokenOf(ada)}`,
  ]);
  await waitFor(() => asked === 1, { what: "the reading" });
  raw.close();
  await waitFor(() => gateway.feeds.open() === 0, { what: "the end of the watch" });
  read.reject(new Error("no Redis"));
  expect((await openRoom(gateway, tokenOf(ada))).messages[0]).toMatchObject({ number: 9 });
});

test("a stopping gateway says bye to every socket and closes it as going away", async () => {
  const gateway: TestGateway = await startTestGateway();
  const sockets = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  await gateway.stop("a test");
  for (const socket of sockets) {
    await waitFor(socket.closed, { what: "the end of the socket" });
    expect(socket.messages.at(-1)).toEqual({ type: "bye", reason: "stopping" });
    expect(socket.closed()).toEqual({ code: 1001, reason: "stopping" });
  }
});

test("an ended token opens nothing", async () => {
  const gateway = await startTestGateway();
  const socket = await openRoom(gateway, testTokens.sign("buyer", ada, Date.now() - 1_000));
  expect(socket.closed()).toBeDefined();
  expect(gateway.feeds.opened()).toBe(0);
});
