import { expect, test } from "vitest";
import type { RoomsOfEvents, RoomTick, Standing } from "../queue-admission/room.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import { roomPath } from "./room/room-messages.ts";
import type { GatewayServices } from "./services.ts";
import { send } from "./test-client.ts";
import { eventId, testBooking, testBuyer, testTokens, tokenOf } from "./test-data.ts";
import { startTestGateway, type TestGateway } from "./test-gateway.ts";
import { tickAt } from "./test-services.ts";
import { openRoom } from "./test-socket.ts";

const ada = testBuyer("ada");
const ben = testBuyer("ben");
const soon = { tickEveryMs: { near: 0, middle: 0, far: 0 } };
const deadlineMs = 1_800_000_000_000;
const deadline = "2027-01-15T08:00:00.000Z";

function waitingAt(number: number, ahead = number - 1) {
  return { outcome: "waiting", lane: "general", number, ahead, state: "open" } as const;
}

function roomsWith(standing: RoomsOfEvents["standing"]): RoomsOfEvents {
  return {
    join: async () => ({ outcome: "joined", standing: waitingAt(40), receipt: "r", fresh: true }),
    standing,
    hereAgain: async () => waitingAt(40),
    takeTurn: async () => ({
      outcome: "admitted",
      pass: "pass",
      passNumber: 1,
      endsAtMs: deadlineMs,
      renewalsLeft: 1,
    }),
    renewPass: async () => ({ outcome: "renewals_used" }),
    leave: async () => "left",
    restore: async () => ({ outcome: "known" }),
    readmit: async () => ({ outcome: "readmitted" }),
  };
}

function receiptOf(buyer: ReturnType<typeof testBuyer>, number: number, incarnation = 1): string {
  const place = { lane: "general", entry: number, number, joinedAtMs: 0 };
  const { identity } = buyer;
  return testTokens.sign("receipt", { eventId, identity, incarnation, ...place }, Date.now() + 60_000);
}

test("a socket hears how to come back, how the room stands and where its buyer stands", async () => {
  const gateway = await startTestGateway({}, { tick: tickAt(7) });
  const socket = await openRoom(gateway, tokenOf(ada));
  await socket.heard({ type: "standing" });
  expect(socket.protocol()).toBe("onsale.v1");
  const reconnect = { firstMs: 1_000, farAhead: 1_000, farFirstMs: 25_000, mostMs: 30_000, factor: 2 };
  const lanes = { general: { served: 7, last: 1_000_000 } };
  expect(socket.messages).toMatchObject([
    { type: "hello", reconnect, tick: { state: "open", lanes } },
    { type: "standing", outcome: "waiting", lane: "general", number: 12, ahead: 4, state: "open" },
  ]);
});

test("a tick is the same for all who are near, and costs no question to Redis", async () => {
  let readings = 0;
  const rooms = roomsWith(async (_, { identity }) => {
    readings += 1;
    return waitingAt(identity === ada.identity ? 12 : 30);
  });
  const gateway = await startTestGateway({ rooms }, { socket: soon, tick: tickAt(0) });
  const [first, second] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  await Promise.all([first.heard({ type: "standing" }), second.heard({ type: "standing" })]);
  gateway.feeds.news(tickAt(9));
  const tick = await first.heard({ type: "tick" });
  expect(tick).toMatchObject({ state: "open", lanes: { general: { served: 9 } } });
  expect(await second.heard({ type: "tick" })).toEqual(tick);
  expect(readings).toBe(2);
});

test("who stands near hears each tick, who stands far only when it is due, and everybody a change of state", async () => {
  const rooms = roomsWith(async (_, { identity }) => waitingAt(identity === ada.identity ? 500 : 50_000));
  const bounds = { tickEveryMs: { near: 0, middle: 60_000, far: 60_000 } };
  const gateway = await startTestGateway({ rooms }, { socket: bounds, tick: tickAt(0) });
  const [near, far] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  await Promise.all([near.heard({ type: "standing" }), far.heard({ type: "standing" })]);
  const served = (tick: RoomTick) => tick.lanes[0]?.served ?? 0;
  gateway.feeds.news(tickAt(1));
  for (const tick of [tickAt(2), tickAt(3)]) {
    gateway.feeds.news(tick);
    await waitFor(
      () => near.messages.some((one) => one.type === "tick" && one.lanes["general"]?.served === served(tick)),
      {
        what: "the tick",
      },
    );
  }
  expect(far.messages.filter(({ type }) => type === "tick")).toHaveLength(1);
  gateway.feeds.news(tickAt(4, { state: "paused" }));
  for (const socket of [near, far]) await socket.heard({ type: "tick", state: "paused" });
});

test("who comes near hears every tick from then on", async () => {
  const bounds = { tickEveryMs: { near: 0, middle: 60_000, far: 60_000 } };
  const rooms = roomsWith(async () => waitingAt(50_000));
  const gateway = await startTestGateway({ rooms }, { socket: bounds, tick: tickAt(0) });
  const socket = await openRoom(gateway, tokenOf(ada));
  await socket.heard({ type: "standing" });
  gateway.feeds.news(tickAt(1));
  gateway.feeds.news(tickAt(49_900));
  const ticks = () => socket.messages.filter(({ type }) => type === "tick").length;
  await waitFor(
    () => {
      gateway.feeds.news(tickAt(49_901));
      return ticks() > 2;
    },
    { what: "ticks of the near" },
  );
});

test("a receipt and the watermark say enough: coming back asks Redis nothing", async () => {
  let readings = 0;
  const rooms = roomsWith(async () => {
    readings += 1;
    return waitingAt(40);
  });
  const gateway = await startTestGateway({ rooms }, { tick: tickAt(10) });
  const back = await openRoom(gateway, tokenOf(ada), eventId, [`receipt.${receiptOf(ada, 40)}`]);
  expect(await back.heard({ type: "standing" })).toMatchObject({ outcome: "waiting", number: 40, ahead: 29 });
  expect(readings).toBe(0);
});

test.each([
  ["of somebody else", receiptOf(ben, 40)],
  ["from before Redis lost something", receiptOf(ada, 40, 0)],
  ["whose number is served", receiptOf(ada, 5)],
  ["that is forged", `${receiptOf(ada, 40)}x`],
])("a receipt %s says nothing: Redis is asked", async (_, receipt) => {
  const gateway = await startTestGateway(
    { rooms: roomsWith(async () => waitingAt(77)) },
    { tick: tickAt(10) },
  );
  const socket = await openRoom(gateway, tokenOf(ada), eventId, [`receipt.${receipt}`]);
  expect(await socket.heard({ type: "standing" })).toMatchObject({ number: 77 });
});

test("whom the watermark passes without a turn is looked up again", async () => {
  let standing: Standing = waitingAt(5);
  const gateway = await startTestGateway(
    { rooms: roomsWith(async () => standing) },
    { socket: soon, tick: tickAt(0) },
  );
  const socket = await openRoom(gateway, tokenOf(ada));
  await socket.heard({ outcome: "waiting" });
  standing = { outcome: "turn", lane: "general", number: 5, deadlineMs };
  gateway.feeds.news(tickAt(6));
  expect(await socket.heard({ outcome: "turn" })).toMatchObject({ number: 5, deadline });
});

test("when Redis has lost something, everybody who waits is looked up: whose place is gone brings the receipt", async () => {
  const standings = new Map<string, Standing>([
    [ada.identity, waitingAt(500)],
    [ben.identity, { outcome: "inside", lane: "general", number: 3, passEndsAtMs: deadlineMs }],
  ]);
  const rooms = roomsWith(async (_, { identity }) => standings.get(identity) ?? { outcome: "place_missing" });
  const gateway = await startTestGateway({ rooms }, { tick: tickAt(10) });
  const [waiting, inside] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  await Promise.all([waiting.heard({ type: "standing" }), inside.heard({ type: "standing" })]);
  standings.clear();
  gateway.feeds.news(tickAt(10, { incarnation: 2 }));
  await waiting.heard({ type: "standing", outcome: "place_missing" });
  await inside.heard({ type: "tick" });
  expect(inside.messages.filter(({ type }) => type === "standing")).toHaveLength(1);
});

test("a turn that lapses and a pass that ends are told without being asked for", async () => {
  let deadlineMs = 0;
  const rooms = roomsWith(async () => {
    if (deadlineMs > 0) return { outcome: "lapsed", lane: "general", number: 5, state: "open" };
    deadlineMs = Date.now() + 50;
    return { outcome: "turn", lane: "general", number: 5, deadlineMs };
  });
  const gateway = await startTestGateway({ rooms }, { socket: soon, tick: tickAt(5) });
  const socket = await openRoom(gateway, tokenOf(ada));
  await socket.heard({ outcome: "turn" });
  await waitFor(() => Date.now() > deadlineMs, { what: "the end of the turn" });
  gateway.feeds.news(tickAt(6));
  await socket.heard({ outcome: "lapsed" });
});

test("a draw that comes while the standing is being read is not missed, nor one whose news was lost", async () => {
  const read = Promise.withResolvers<Standing>();
  const lobby: Standing = { outcome: "lobby", lane: "general", entry: 3, state: "lobby" };
  let readings = 0;
  const rooms = roomsWith(async () => {
    readings += 1;
    return readings === 1 ? read.promise : waitingAt(800);
  });
  const gateway = await startTestGateway({ rooms }, { socket: soon, tick: tickAt(0) });
  const opening = openRoom(gateway, tokenOf(ada));
  await waitFor(() => readings === 1, { what: "the first reading" });
  gateway.feeds.news({ kind: "drawn" });
  read.resolve(lobby);
  await (await opening).heard({ outcome: "waiting", number: 800 });
  readings = 1;
  let lost: Standing = lobby;
  const other = await startTestGateway(
    { rooms: roomsWith(async () => lost) },
    { socket: soon, tick: tickAt(0) },
  );
  const socket = await openRoom(other, tokenOf(ada));
  await socket.heard({ outcome: "lobby" });
  lost = waitingAt(9);
  other.feeds.news(tickAt(1));
  await socket.heard({ outcome: "waiting", number: 9 });
});

test("many questions of one connection at once are a few readings", async () => {
  const gate = Promise.withResolvers<void>();
  const readings = new Map<string, number>();
  const rooms = roomsWith(async (_, { identity }) => {
    const count = (readings.get(identity) ?? 0) + 1;
    readings.set(identity, count);
    if (identity === ada.identity && count > 1) await gate.promise;
    return waitingAt(5);
  });
  const gateway = await startTestGateway({ rooms });
  const [curious, other] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  await Promise.all([curious.heard({ type: "standing" }), other.heard({ type: "standing" })]);
  for (let count = 0; count < 50; count += 1) curious.say('{"type":"standing"}');
  const answers = () => other.messages.filter(({ type }) => type === "standing").length;
  for (let round = 2; round < 6; round += 1) {
    other.say('{"type":"standing"}');
    await waitFor(() => answers() === round, { what: "what the other one asked" });
  }
  gate.resolve();
  await waitFor(() => curious.messages.filter(({ type }) => type === "standing").length >= 3, {
    what: "answers",
  });
  expect(readings.get(ada.identity)).toBeLessThan(10);
});

test("who waits counts as here, and no more with a turn", async () => {
  const gateway = await startTestGateway({ rooms: roomsWith(async () => waitingAt(1)) }, { tick: tickAt(0) });
  const socket = await openRoom(gateway, tokenOf(ada));
  await socket.heard({ type: "standing" });
  expect(gateway.here()).toMatch(/^0 0 1/);
  const turn = { identity: ada.identity, lane: 0, number: 1, deadlineMs };
  gateway.feeds.news({ kind: "turns", turns: [turn] });
  await socket.heard({ type: "turn" });
  expect(gateway.here()).toMatch(/^0 0 0/);
});

test("a turn reaches every socket of the place", async () => {
  const gateway = await startTestGateway({ rooms: roomsWith(async () => waitingAt(5)) }, { tick: tickAt(0) });
  const sockets = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ada))];
  for (const socket of sockets) await socket.heard({ type: "standing" });
  gateway.feeds.news({ kind: "turns", turns: [{ identity: ada.identity, lane: 0, number: 5, deadlineMs }] });
  for (const socket of sockets)
    expect(await socket.heard({ type: "turn" })).toEqual({ type: "turn", deadline });
});

test("a turn of a place that the buyer has no more is not told", async () => {
  const gateway = await startTestGateway(
    { rooms: roomsWith(async () => waitingAt(40)) },
    { tick: tickAt(0) },
  );
  const socket = await openRoom(gateway, tokenOf(ada));
  await socket.heard({ type: "standing" });
  const { identity } = ada;
  gateway.feeds.news({ kind: "turns", turns: [{ identity, lane: 0, number: 5, deadlineMs }] });
  gateway.feeds.news({
    kind: "turns",
    turns: [{ identity, lane: 0, number: 40, deadlineMs: deadlineMs + 1_000 }],
  });
  expect(await socket.heard({ type: "turn" })).toEqual({
    type: "turn",
    deadline: "2027-01-15T08:00:01.000Z",
  });
});

test("a turn that comes while the standing is being read is not lost", async () => {
  const read = Promise.withResolvers<Standing>();
  const turn: Standing = { outcome: "turn", lane: "general", number: 5, deadlineMs };
  const readings = [read.promise, Promise.resolve<Standing>(turn)];
  let count = 0;
  const rooms = roomsWith(() => readings[count++] as Promise<Standing>);
  const gateway = await startTestGateway({ rooms });
  const opening = openRoom(gateway, tokenOf(ada));
  await waitFor(() => count === 1, { what: "the first reading" });
  gateway.feeds.news({ kind: "turns", turns: [{ identity: ada.identity, lane: 0, number: 5, deadlineMs }] });
  read.resolve(waitingAt(5));
  const socket = await opening;
  expect(await socket.heard({ type: "standing" })).toMatchObject({ outcome: "turn", number: 5, deadline });
});

test("a pass that is taken away is told at once", async () => {
  const inside: Standing = { outcome: "inside", lane: "general", number: 5, passEndsAtMs: deadlineMs };
  const gateway = await startTestGateway({ rooms: roomsWith(async () => inside) });
  const socket = await openRoom(gateway, tokenOf(ada));
  await socket.heard({ type: "standing" });
  gateway.feeds.news({ kind: "revoked", identity: ada.identity, pass: 1, revocations: 1 });
  expect(await socket.heard({ type: "pass_ended" })).toEqual({ type: "pass_ended" });
});

test("a pass that Redis gives again although it was given up is given up again", async () => {
  const left: unknown[] = [];
  const rooms: RoomsOfEvents = {
    ...roomsWith(async () => waitingAt(1)),
    leave: async (_, { identity }, onlyPass) => {
      left.push([identity, onlyPass]);
      return "left";
    },
  };
  const gateway = await startTestGateway({ rooms });
  const take = () => send(gateway, `/v1/events/${eventId}/passes`, { method: "POST", token: tokenOf(ada) });
  expect((await take()).status).toBe(201);
  expect(left).toEqual([]);
  gateway.feeds.news({ kind: "revoked", identity: ada.identity, pass: 1, revocations: 1 });
  expect(await take()).toMatchObject({ status: 409, body: { code: "place_missing" } });
  expect(left).toEqual([[ada.identity, 1]]);
});

test("everybody of the lobby is told the number once it is drawn", async () => {
  let standing: Standing = { outcome: "lobby", lane: "general", entry: 3, state: "lobby" };
  const gateway = await startTestGateway({ rooms: roomsWith(async () => standing) }, { tick: tickAt(0) });
  const socket = await openRoom(gateway, tokenOf(ada));
  expect(await socket.heard({ type: "standing" })).toMatchObject({ outcome: "lobby", entry: 3 });
  standing = waitingAt(800);
  gateway.feeds.news({ kind: "drawn" });
  expect(await socket.heard({ outcome: "waiting" })).toMatchObject({ number: 800 });
});

test("whoever says `here` after a lapsed turn has the place back in the line", async () => {
  const lapsed: Standing = { outcome: "lapsed", lane: "general", number: 5, state: "open" };
  let standing: Standing = lapsed;
  const hereAgain = async () => {
    standing = waitingAt(40);
    return standing;
  };
  const gateway = await startTestGateway({ rooms: { ...roomsWith(async () => standing), hereAgain } });
  const socket = await openRoom(gateway, tokenOf(ada));
  await socket.heard({ outcome: "lapsed" });
  socket.say('{"type":"standing"}');
  await waitFor(() => socket.messages.filter((one) => one.type === "standing").length === 2, {
    what: "the same",
  });
  socket.say('{"type":"here"}');
  expect(await socket.heard({ outcome: "waiting" })).toMatchObject({ number: 40 });
});

test("a booking's change reaches the buyer's sockets and nobody else's", async () => {
  const gateway = await startTestGateway();
  const [mine, other] = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  await other.heard({ type: "standing" });
  const bookingId = testBooking(ada.buyerId).id;
  gateway.feeds.change({ buyerId: ada.buyerId, bookingId, status: "paid" });
  expect(await mine.heard({ type: "booking" })).toEqual({ type: "booking", bookingId, status: "paid" });
  expect(other.messages).toHaveLength(2);
});

test("joining and taking the turn by request is told to the buyer's sockets too", async () => {
  const gateway = await startTestGateway({ rooms: roomsWith(async () => ({ outcome: "place_missing" })) });
  const token = tokenOf(ada);
  const socket = await openRoom(gateway, token);
  await socket.heard({ type: "standing", outcome: "place_missing" });
  await send(gateway, `/v1/events/${eventId}/places`, { method: "POST", token });
  await socket.heard({ type: "standing", outcome: "waiting", number: 40 });
  gateway.feeds.news({ kind: "turns", turns: [{ identity: ada.identity, lane: 0, number: 40, deadlineMs }] });
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
  await socket.heard({ type: "standing" });
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
  await socket.heard({ type: "standing" });
  socket.say(JSON.stringify({ type: "standing", more: "x".repeat(2_000) }));
  await waitFor(socket.closed, { what: "the end of the socket" });
  expect(socket.messages).toHaveLength(2);
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
  const changes: GatewayServices["changes"] = {
    watch: async () => {
      if (broken) throw new Error("no Redis");
      return async () => {};
    },
  };
  const gateway = await startTestGateway({ changes });
  const socket = await openRoom(gateway, tokenOf(ada));
  await waitFor(socket.closed, { what: "the end of the socket" });
  expect(socket.messages).toMatchObject([{ type: "bye", reason: "unavailable" }]);
  expect(gateway.feeds.open()).toBe(0);
  broken = false;
  await (await openRoom(gateway, tokenOf(ada))).heard({ type: "standing" });
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
  await (await openRoom(gateway, tokenOf(ada))).heard({ type: "standing", number: 9 });
});

test("a stopping gateway says bye to every socket and closes it as going away", async () => {
  const gateway: TestGateway = await startTestGateway();
  const sockets = [await openRoom(gateway, tokenOf(ada)), await openRoom(gateway, tokenOf(ben))];
  await gateway.stop("a test");
  for (const socket of sockets) {
    await waitFor(socket.closed, { what: "the end of the socket" });
    expect(socket.messages.at(-1)).toMatchObject({
      type: "bye",
      reason: "stopping",
      reconnect: { firstMs: 1_000 },
    });
    expect(socket.closed()).toEqual({ code: 1001, reason: "stopping" });
  }
});

test("an ended token opens nothing", async () => {
  const gateway = await startTestGateway();
  const socket = await openRoom(gateway, testTokens.sign("buyer", ada, Date.now() - 1_000));
  expect(socket.closed()).toBeDefined();
  expect(gateway.feeds.opened()).toBe(0);
});
