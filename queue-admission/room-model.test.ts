import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { connectTestRedis } from "../test/harness/redis.ts";
import { parseLanes } from "./lanes.ts";
import { flowMs } from "./room-lease.ts";
import {
  createRoomModel,
  hereKey,
  modelJoin,
  modelLeave,
  modelOccupied,
  modelRenew,
  modelStanding,
  modelStep,
  modelTakeTurn,
  type RoomModel,
} from "./room-model.ts";
import type { RoomSettings } from "./room-settings.ts";
import { hashCode } from "./rooms.ts";
import { openSettings, openTestRoom, type TestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

type Question =
  | { kind: "join"; name: string; code?: string | undefined }
  | { kind: "look" | "take" | "renew" | "leave"; name: string };
type Movement = { kind: "enter" | "exit"; name: string };

type Command =
  | Question
  | Movement
  | { kind: "step" | "pass-time"; elapsedMs: number }
  | { kind: "configure"; changes: Partial<RoomSettings> };

// Few names: collisions are the point.
const names = fc.constantFrom("ann", "bob", "cyd", "dan", "eve", "fay");

const of = <Kind extends Exclude<Question["kind"] | Movement["kind"], "join">>(
  kind: Kind,
  weight: number,
) => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant(kind), name: names }),
});

const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("join" as const),
      name: names,
      code: fc.constantFrom(undefined, undefined, "ONCE", "TWICE", "MANY", "OVER", "WRONG"),
    }),
  },
  of("look", 3),
  of("take", 4),
  of("renew", 2),
  of("leave", 1),
  of("enter", 5),
  of("exit", 2),
  { weight: 6, arbitrary: timeOf("step", [0, 100, 250, 600, -300]) },
  { weight: 1, arbitrary: timeOf("pass-time", [1, 900, 2_500]) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("configure" as const), changes: changesOfSettings() }),
  },
);

test("the scripts do what the model does, whatever happens in whatever order", async () => {
  const seed = Number(process.env["MODEL_SEED"] ?? Date.now() % 2 ** 31);
  const numRuns = Number(process.env["MODEL_RUNS"] ?? 60);
  process.stdout.write(`MODEL_SEED=${seed} repeats this run\n`);
  const property = fc.asyncProperty(fc.array(commands, { minLength: 20, maxLength: 80 }), runBoth);
  await fc.assert(property, { numRuns, seed });
});

const lanes = [
  { name: "general", weight: 1 },
  { name: "fans", weight: 3 },
];
const settings: RoomSettings = {
  ...openSettings,
  ...{ cap: 2, ratePerMinute: 300, turnWindowMs: 1_000, passMs: 2_000, absenceGraceMs: 1_000, lanes },
};

async function runBoth(list: readonly Command[]): Promise<void> {
  const room = await openTestRoom(redis, settings);
  const model = createRoomModel(settings);
  await addCodes(room, model);
  await room.step(0);
  modelStep(model, room.clock.nowMs, flowMs);
  for (const command of list) {
    const most = Math.max(model.settings.cap, modelOccupied(model));
    await runCommand(command, room, model);
    const { count } = await room.occupied();
    expect(count).toBe(modelOccupied(model));
    expect(count).toBeLessThanOrEqual(Math.max(most, model.settings.cap));
  }
}

async function addCodes(room: TestRoom, model: RoomModel): Promise<void> {
  const later = room.clock.nowMs + 3_600_000;
  const codes = [
    { code: "ONCE", uses: 1, endsAtMs: later },
    { code: "TWICE", uses: 2, endsAtMs: later },
    { code: "MANY", uses: 100, endsAtMs: later },
    { code: "OVER", uses: 100, endsAtMs: room.clock.nowMs + 900 },
  ];
  const hashed = codes.map(({ code, ...rest }) => ({ hash: hashCode(code), lane: "fans", ...rest }));
  await room.configure({}, { codes: hashed });
  for (const { code, ...rest } of codes) model.codes.set(code, { lane: 1, ...rest });
}

async function runCommand(command: Command, room: TestRoom, model: RoomModel): Promise<void> {
  switch (command.kind) {
    case "step":
      return step(command.elapsedMs, room, model);
    case "pass-time":
      room.clock.nowMs += command.elapsedMs;
      return;
    case "configure": {
      model.settings = { ...model.settings, ...absolute(command.changes, room.clock.nowMs) };
      return room.configure(model.settings);
    }
    case "enter":
    case "exit":
      return comeOrGo(command, room, model);
    default:
      return ask(command, room, model);
  }
}

/** The times of a change count from now. */
function absolute(changes: Partial<RoomSettings>, nowMs: number): Partial<RoomSettings> {
  const { lobbyAtMs = 0, opensAtMs = 0 } = changes;
  const at = (span: number) => (span === 0 ? 0 : nowMs + span);
  return { ...changes, lobbyAtMs: at(lobbyAtMs), opensAtMs: at(Math.max(lobbyAtMs, opensAtMs)) };
}

async function step(elapsedMs: number, room: TestRoom, model: RoomModel): Promise<void> {
  const reply = await room.step(elapsedMs);
  modelStep(model, room.clock.nowMs, flowMs);
  if (reply[0] !== "stepped") throw new Error(reply[0]);
  const [, , , waiting, turns, inside, , lanesText] = reply;
  const served = parseLanes(lanesText, "general,fans").map(({ last, served }) => ({ last, served }));
  expect({ waiting, occupied: turns + inside, lanes: served }).toEqual({
    waiting: model.places.size - modelOccupied(model),
    occupied: modelOccupied(model),
    lanes: model.lanes.map(({ last, served }) => ({ last, served })),
  });
}

function comeOrGo({ kind, name }: Movement, room: TestRoom, model: RoomModel): void {
  const place = model.places.get(name);
  if (place === undefined || model.here.has(hereKey(place)) === (kind === "enter")) return;
  if (kind === "enter") {
    room.presence.enter(place.lane, place.number);
    model.here.add(hereKey(place));
  } else {
    room.presence.exit(place.lane, place.number, 0);
    model.here.delete(hereKey(place));
  }
}

async function ask(question: Question, { rooms, eventId, clock }: TestRoom, model: RoomModel): Promise<void> {
  const { name } = question;
  const who = visitor(name);
  switch (question.kind) {
    case "join": {
      const joined = await rooms.join(eventId, who, { code: question.code });
      const outcome = joined.outcome === "joined" ? joined.standing.outcome : joined.outcome;
      expect(outcome).toBe(modelJoin(model, name, question.code, clock.nowMs));
      return;
    }
    case "look":
      expect(await rooms.standing(eventId, who)).toEqual(modelStanding(model, name, clock.nowMs));
      return;
    case "take":
      expect(await rooms.takeTurn(eventId, who)).toMatchObject(modelTakeTurn(model, name, clock.nowMs));
      return;
    case "renew":
      expect(await rooms.renewPass(eventId, who)).toMatchObject(modelRenew(model, name, clock.nowMs));
      return;
    case "leave":
      expect(await rooms.leave(eventId, who)).toBe(modelLeave(model, name));
  }
}

function timeOf<Kind extends string>(kind: Kind, choices: readonly number[]) {
  return fc.record({ kind: fc.constant(kind), elapsedMs: fc.constantFrom(...choices) });
}

function changesOfSettings(): fc.Arbitrary<Partial<RoomSettings>> {
  const seldom = (value: number) => fc.constantFrom(0, 0, 0, value);
  return fc.record(
    {
      cap: fc.integer({ min: 1, max: 5 }),
      ratePerMinute: fc.constantFrom(60, 300, 6_000),
      paused: fc.constantFrom(false, false, true),
      closed: fc.constantFrom(false, false, false, true),
      lobbyAtMs: seldom(500),
      opensAtMs: seldom(700),
      renewals: fc.integer({ min: 0, max: 2 }),
      draw: fc.boolean(),
    },
    { requiredKeys: [] },
  );
}
