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
      turns: 3,
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
  [{ capacity: 5, cap: 0 }, "cap"],
  [{ opensAt: "1969-12-31T23:59:59Z" }, "opensAt"],
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

test.each([
  ["turnWindowSeconds", 1, 86_400],
  ["passSeconds", 1, 604_800],
  ["absenceGraceSeconds", 1, 600],
  ["cap", 1, 10_000_000],
  ["ratePerMinute", 1, 1_000_000],
  ["leastPerMinute", 1, 1_000_000],
  ["renewals", 0, 1_000],
])("%s goes from %i to %i, and what does not is told in its own unit", async (name, least, most) => {
  const long = { ratePerMinute: 1_000_000, passMs: 604_800_000, turnWindowMs: 1_000, absenceGraceMs: 1_000 };
  const { patch } = await startWithRoom({ ...long, leastPerMinute: 1 });
  expect(await patch({ [name]: least })).toMatchObject({ status: 200 });
  expect(await patch({ passSeconds: 604_800, ratePerMinute: 1_000_000, [name]: most })).toMatchObject({
    status: 200,
  });
  const below = problemOf(await patch({ [name]: least - 1 })).problems?.[0];
  const above = problemOf(await patch({ [name]: most + 1 })).problems?.[0];
  expect(below).toEqual({ path: name, message: expect.stringMatching(new RegExp(`>=${least}$`)) });
  expect(above).toEqual({ path: name, message: expect.stringMatching(new RegExp(`<=${most}$`)) });
});

test("a time may come with an offset, and is shown in UTC", async () => {
  const { patch } = await startWithRoom({ lobbyAtMs: future, opensAtMs: future });
  const changed = await patch({ lobbyAt: "2099-12-31T23:00:00+01:00", opensAt: "2100-01-01T01:00:00+01:00" });
  expect(changed).toMatchObject({
    body: { settings: { lobbyAt: "2099-12-31T22:00:00.000Z", opensAt: "2100-01-01T00:00:00.000Z" } },
  });
});

test("what does not fit says what would: a time without an offset, a beacon without anything", async () => {
  const { gateway, patch } = await startWithRoom({ lobbyAtMs: future, opensAtMs: future });
  const [time] = problemOf(await patch({ opensAt: "2100-01-01T01:00:00" })).problems ?? [];
  expect(time).toMatchObject({ path: "opensAt", message: expect.stringContaining("+01:00") });
  const sent = { method: "POST", token, json: {} };
  const [beacon] =
    problemOf(await send(gateway, `/v1/admin/events/${eventId}/draw/beacon`, sent)).problems ?? [];
  expect(beacon?.message).toMatch(/source.*value/);
});

const wish = { lane: "members", kind: "multi", uses: 5, endsAt: "2100-01-01T01:00:00+01:00", count: 1 };

/** A gateway over a room with the lanes `general` and `members`; `asked` is what codes were made of. */
async function startWithCodes() {
  const { roomCodes, roomStore } = testServices({} as never, {} as never);
  const asked: unknown[] = [];
  const create: typeof roomCodes.create = async (_, __, wanted) => {
    asked.push(wanted);
    return wanted.lane === "members" ? { outcome: "created", codes: ["ABC"] } : { outcome: "lane_unknown" };
  };
  const gateway = await startTestGateway({ roomCodes: { create }, roomStore });
  return { asked, post: (json: object) => send(gateway, `${path}/codes`, { method: "POST", token, json }) };
}

test("codes are made for a lane that is there, until a time of any offset", async () => {
  const { asked, post } = await startWithCodes();
  expect(await post(wish)).toMatchObject({ status: 201, body: { codes: ["ABC"] } });
  const endsAtMs = Date.parse("2100-01-01T00:00:00Z");
  expect(asked).toEqual([{ lane: "members", kind: "multi", uses: 5, endsAtMs, count: 1 }]);
  expect(problemOf(await post({ ...wish, lane: "vip" })).problems).toMatchObject([{ path: "lane" }]);
});

test.each([
  ["of many uses that do not say how many", { uses: undefined }, "uses"],
  ["of one use that say how many", { kind: "single" }, "uses"],
  ["that have ended", { endsAt: "2020-01-01T00:00:00Z" }, "endsAt"],
  ["for the first lane, which needs none,", { lane: "general" }, "lane"],
])("codes %s are refused, and none are made", async (_, nonsense, field) => {
  const { asked, post } = await startWithCodes();
  const refused = problemOf(await post({ ...wish, ...nonsense }));
  expect(refused).toMatchObject({ status: 422, problems: [{ path: field }] });
  expect(asked).toEqual([]);
});

test("who changed what is told to operators, in the words of the requests", async () => {
  const { roomStore } = testServices({} as never, {} as never);
  const actor = { id: "0190f3a0-0000-7000-8000-000000000001", email: "olga@onsale.example" };
  const same = { id: "0190f3a0-0000-7000-8000-000000000002", atMs: 1_800_000_000_000, actor };
  const asked: unknown[] = [];
  const gateway = await startTestGateway({
    roomStore: {
      ...roomStore,
      find: async (id) => (id === eventId ? roomStore.find(id) : undefined),
      audit: async (id, most) => {
        asked.push([id, most]);
        const after = { lane: "members", uses: 1, endsAtMs: 1_800_000_060_000, count: 2 };
        return [
          { ...same, action: "codes_created", before: null, after },
          {
            ...same,
            action: "room_changed",
            before: { passMs: 600_000, cap: 5 },
            after: { passMs: 1_500, cap: 5 },
          },
        ];
      },
    },
  });
  const audit = `/v1/admin/events/${eventId}/audit`;
  const { status, body } = await send(gateway, audit, { token });
  expect(status).toBe(200);
  const told = { id: same.id, actor, at: "2027-01-15T08:00:00.000Z" };
  const after = { lane: "members", uses: 1, endsAt: "2027-01-15T08:01:00.000Z", count: 2 };
  expect(body).toEqual({
    entries: [
      { ...told, action: "codes_created", before: null, after },
      {
        ...told,
        action: "room_changed",
        before: { passSeconds: 600, cap: 5 },
        after: { passSeconds: 1.5, cap: 5 },
      },
    ],
  });
  expect(asked).toEqual([[eventId, 100]]);
  const other = audit.replace(eventId, "0190f3a0-0000-7000-8000-000000000009");
  expect(problemOf(await send(gateway, other, { token })).code).toBe("not_found");
  expect(problemOf(await send(gateway, audit, { token: tokenOf(testBuyer()) })).code).toBe("forbidden");
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
  expect(String(body)).toContain(`onsale_room_estimate_inside{event="${eventId}",lane="0"} 8`);
  expect(String(body)).toContain("process_resident_memory_bytes");
  for (const wrong of [{}, { token: `${metricsToken}x` }, { token }]) {
    const refused = problemOf(await send(gateway, "/metrics", wrong));
    expect(refused).toMatchObject({ status: 401, code: "metrics_token_wrong" });
    expect(refused.advice).toContain("METRICS_TOKEN");
  }
});
