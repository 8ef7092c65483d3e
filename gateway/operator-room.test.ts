import { expect, test } from "vitest";
import { defaultRoom, type RoomSettings } from "../queue-admission/room-settings.ts";
import type { RoomStats } from "../queue-admission/room-stats.ts";
import type { GatewayServices } from "./services.ts";
import { problemOf, send } from "./test-client.ts";
import { eventId, testBuyer, testOperator, tokenOf } from "./test-data.ts";
import { startTestGateway } from "./test-gateway.ts";
import { testServices } from "./test-services.ts";

const path = `/v1/admin/events/${eventId}/room`;
const token = tokenOf(testOperator());
const future = Date.now() + 3_600_000;

const stats: RoomStats = {
  atMs: 1_800_000_000_000,
  state: "open",
  waiting: 100,
  present: 60,
  offered: 3,
  inside: 7,
  ratePerMinute: 600,
  joinsPerSecond: 2,
  waitP50Seconds: 30,
  waitP99Seconds: 90,
  accuracy: [{ measured: 10, inside: 8, early: 1, late: 1 }],
  estimates: [""],
  pace: { ratePerMinute: 600, wellSinceMs: 0, cutAtMs: null },
};

/** A gateway over one room whose settings are kept as they are changed. */
async function startWithRoom(first: Partial<RoomSettings> = {}) {
  const { roomStore, roomControl } = testServices({} as never, {} as never);
  const room = { settings: { ...defaultRoom, ...first } as unknown, published: 0 };
  const change: GatewayServices["roomStore"]["change"] = async (_, __, apply) => {
    const applied = apply(room.settings);
    if ("settings" in applied) room.settings = applied.settings;
    return applied;
  };
  const find = async () => ({ settings: room.settings, commitment: "", beaconSource: null, beacon: null });
  const gateway = await startTestGateway({
    roomStore: { ...roomStore, find, change },
    roomControl: { ...roomControl, overview: async () => ({ stats, minutes: [] }) },
    publishRoom: async () => {
      room.published += 1;
    },
  });
  const patch = (json: object) => send(gateway, path, { method: "PATCH", token, json });
  return { gateway, room, patch };
}

test("only who runs events sees and changes rooms", async () => {
  const { gateway, room } = await startWithRoom();
  const buyer = tokenOf(testBuyer());
  expect(problemOf(await send(gateway, path))).toMatchObject({ status: 401 });
  expect(problemOf(await send(gateway, path, { token: buyer }))).toMatchObject({
    status: 403,
    code: "forbidden",
  });
  const changed = await send(gateway, path, { method: "PATCH", token: buyer, json: { paused: true } });
  expect(problemOf(changed).code).toBe("forbidden");
  expect(room.settings).toEqual(defaultRoom);
  expect(await send(gateway, path, { token })).toMatchObject({ status: 200 });
});

test("a room is shown with its settings, how it goes, and how good its estimates were", async () => {
  const { gateway } = await startWithRoom();
  const { body } = await send(gateway, path, { token });
  expect(body).toMatchObject({
    settings: { cap: 500, passSeconds: 600, opensAt: "1970-01-01T00:00:00.000Z" },
    live: {
      at: "2027-01-15T08:00:00.000Z",
      waiting: 100,
      present: 60,
      absent: 40,
      inside: 7,
      waitP99Seconds: 90,
      estimates: [{ lane: "general", measured: 10, inside: 8 }],
    },
    minutes: [],
  });
});

test("a change is kept and published, and leaves the rest as it was", async () => {
  const coming = { lobbyAtMs: future, opensAtMs: future };
  const { room, patch } = await startWithRoom(coming);
  const changed = await patch({ cap: 50, turnWindowSeconds: 30, opensAt: "2100-01-01T00:00:00Z" });
  expect(changed).toMatchObject({ status: 200, body: { settings: { cap: 50, turnWindowSeconds: 30 } } });
  const more = { cap: 50, turnWindowMs: 30_000, opensAtMs: Date.parse("2100-01-01T00:00:00Z") };
  expect(room.settings).toEqual({ ...defaultRoom, ...coming, ...more });
  expect(room.published).toBe(1);
});

const general = { name: "general", weight: 1 };
test.each([
  [{ cap: 0 }, "cap"],
  [{ cap: 1.5 }, "cap"],
  [{ ratePerMinute: 0 }, "ratePerMinute"],
  [{ turnWindowSeconds: 601 }, "turnWindowSeconds"],
  [{ passSeconds: 60, turnWindowSeconds: 61 }, "turnWindowSeconds"],
  [{ lobbyAt: "2027-01-15T08:00:00Z", opensAt: "2027-01-15T07:00:00Z" }, "opensAt"],
  [{ leastPerMinute: 601 }, "leastPerMinute"],
  [{ lanes: [] }, "lanes"],
  [{ lanes: [general, general] }, "lanes"],
  [{ lanes: [{ name: "No Name", weight: 1 }] }, "lanes.0.name"],
  [{ absenceGraceSeconds: 0 }, "absenceGraceSeconds"],
  [{ pace: "quick" }, "pace"],
  [{ opensAt: "soon" }, "opensAt"],
  [{ capacity: 5 }, ""],
])("%j is refused with the field that does not fit, and nothing changes", async (changes, field) => {
  const { room, patch } = await startWithRoom();
  const refused = problemOf(await patch(changes));
  expect(refused).toMatchObject({ status: 422, code: "invalid_request" });
  expect(refused.problems?.map((problem) => problem.path)).toContain(field);
  expect(room).toEqual({ settings: defaultRoom, published: 0 });
});

test.each([
  ["whether there is a draw", { draw: false }],
  ["the lanes' names", { lanes: [{ name: "everybody", weight: 1 }] }],
])("once the lobby is open, %s cannot be changed", async (_, changes) => {
  const begun = await startWithRoom({ lobbyAtMs: 0, opensAtMs: future });
  expect(problemOf(await begun.patch(changes))).toMatchObject({ status: 409, code: "room_begun" });
  const early = await startWithRoom({ lobbyAtMs: future, opensAtMs: future });
  expect(await early.patch(changes)).toMatchObject({ status: 200 });
});

test("once the lobby is open, it cannot be moved to later", async () => {
  const begun = await startWithRoom({ lobbyAtMs: 0, opensAtMs: future });
  const lobbyAt = new Date(future).toISOString();
  expect(problemOf(await begun.patch({ lobbyAt }))).toMatchObject({ status: 409, code: "room_begun" });
});

test("a room that has opened cannot open again, but can get a lane, another weight, and be paused", async () => {
  const { patch } = await startWithRoom();
  expect(problemOf(await patch({ opensAt: new Date(future).toISOString() })).code).toBe("room_begun");
  const lanes = [
    { ...general, weight: 3 },
    { name: "members", weight: 1 },
  ];
  expect(await patch({ lanes, paused: true })).toMatchObject({ status: 200, body: { settings: { lanes } } });
});

test("codes of many uses say how many, and are for a lane that is there", async () => {
  const { roomCodes } = testServices({} as never, {} as never);
  const asked: unknown[] = [];
  const create: typeof roomCodes.create = async (_, __, wanted) => {
    asked.push(wanted);
    return wanted.lane === "members" ? { outcome: "created", codes: ["ABC"] } : { outcome: "lane_unknown" };
  };
  const gateway = await startTestGateway({ roomCodes: { create } });
  const wish = { lane: "members", kind: "multi", endsAt: "2027-01-15T08:00:00Z", count: 1 };
  const post = (json: object) => send(gateway, `${path}/codes`, { method: "POST", token, json });
  expect(problemOf(await post(wish)).problems).toMatchObject([{ path: "uses" }]);
  expect(await post({ ...wish, uses: 5 })).toMatchObject({ status: 201, body: { codes: ["ABC"] } });
  expect(asked).toEqual([{ lane: "members", kind: "multi", uses: 5, endsAtMs: 1_800_000_000_000, count: 1 }]);
  expect(problemOf(await post({ ...wish, lane: "vip", uses: 5 })).problems).toMatchObject([{ path: "lane" }]);
});

test("the metrics are for who brings the token, and hold what the drivers last said", async () => {
  const { roomControl } = testServices({} as never, {} as never);
  const allStats = async () => new Map([[eventId, stats]]);
  const gateway = await startTestGateway({ roomControl: { ...roomControl, allStats } });
  const metricsToken = "the token of the tests' metrics, long";
  const { status, body } = await send(gateway, "/metrics", { token: metricsToken });
  expect(status).toBe(200);
  expect(String(body)).toContain(`onsale_room_waiting{event="${eventId}"} 100`);
  expect(String(body)).toContain(`onsale_room_absent{event="${eventId}"} 40`);
  expect(String(body)).toContain("process_resident_memory_bytes");
  expect(problemOf(await send(gateway, "/metrics")).code).toBe("token_missing");
  expect(problemOf(await send(gateway, "/metrics", { token: `${metricsToken}x` })).code).toBe(
    "token_invalid",
  );
  expect(problemOf(await send(gateway, "/metrics", { token })).code).toBe("token_invalid");
});
