import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { BuyerId } from "../foundation/ids.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import type { RoomSettings, Visitor } from "./room.ts";
import { flowMs } from "./room-lease.ts";
import {
  createRoomModel,
  modelJoin,
  modelLeave,
  modelOccupied,
  modelStanding,
  modelStep,
  modelTakeTurn,
  type RoomModel,
} from "./room-model.ts";
import { openSettings, openTestRoom, type TestRoom } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

type Command =
  | { kind: "join" | "standing" | "take" | "leave"; visitor: Visitor }
  | { kind: "step"; elapsedMs: number }
  | { kind: "pass-time"; elapsedMs: number }
  | { kind: "configure"; changes: Partial<RoomSettings> };

// Few identities, and each now and then from another session: collisions are the point.
const visitors = fc.record({
  identity: fc.constantFrom("ann", "bob", "cyd", "dan", "eve", "fay"),
  buyerId: fc.constantFrom("first", "first", "first", "second").map((name) => name as BuyerId),
});

const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("join" as const), visitor: visitors }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("take" as const), visitor: visitors }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("standing" as const), visitor: visitors }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), visitor: visitors }) },
  { weight: 5, arbitrary: timeOf("step", [0, 100, 250, 600, -300]) },
  { weight: 1, arbitrary: timeOf("pass-time", [1, 900, 2_500]) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("configure" as const), changes: changesOfSettings() }),
  },
);

test("the scripts do what the model does, whatever happens in whatever order", async () => {
  const property = fc.asyncProperty(fc.array(commands, { minLength: 10, maxLength: 60 }), runBoth);
  // On a failure fast-check prints the seed and the shortest list of commands that still fails.
  await fc.assert(property, { numRuns: 40 });
});

async function runBoth(list: readonly Command[]): Promise<void> {
  const settings = { ...openSettings, cap: 2, ratePerMinute: 300, turnWindowMs: 800, passMs: 2_000 };
  const room = await openTestRoom(redis, settings);
  const model = createRoomModel(settings);
  await room.step(0);
  modelStep(model, room.clock.nowMs, flowMs);
  for (const command of list) {
    const capBefore = Math.max(model.settings.cap, modelOccupied(model));
    await runCommand(command, room, model);
    const { count } = await room.occupied();
    expect(count).toBe(modelOccupied(model));
    expect(count).toBeLessThanOrEqual(Math.max(capBefore, model.settings.cap));
  }
}

async function runCommand(command: Command, room: TestRoom, model: RoomModel): Promise<void> {
  const { rooms, eventId, clock } = room;
  switch (command.kind) {
    case "join": {
      const joined = await rooms.join(eventId, command.visitor);
      const outcome = joined.outcome === "joined" ? joined.standing.outcome : joined.outcome;
      expect(outcome).toBe(modelJoin(model, command.visitor, clock.nowMs));
      return;
    }
    case "standing":
      expect(await rooms.standing(eventId, command.visitor)).toEqual(
        modelStanding(model, command.visitor, clock.nowMs),
      );
      return;
    case "take":
      expect(await rooms.takeTurn(eventId, command.visitor)).toMatchObject(
        modelTakeTurn(model, command.visitor, clock.nowMs),
      );
      return;
    case "leave":
      await rooms.leave(eventId, command.visitor);
      return modelLeave(model, command.visitor);
    case "step":
      await room.step(command.elapsedMs);
      return modelStep(model, clock.nowMs, flowMs);
    case "pass-time":
      clock.nowMs += command.elapsedMs;
      return;
    case "configure":
      model.settings = { ...model.settings, ...command.changes };
      return rooms.configure(eventId, model.settings);
  }
}

function timeOf<Kind extends string>(kind: Kind, choices: readonly number[]) {
  return fc.record({ kind: fc.constant(kind), elapsedMs: fc.constantFrom(...choices) });
}

function changesOfSettings(): fc.Arbitrary<Partial<RoomSettings>> {
  return fc.record(
    {
      cap: fc.integer({ min: 1, max: 5 }),
      ratePerMinute: fc.constantFrom(60, 300, 6_000),
      state: fc.constantFrom("open", "open", "paused", "closed", "lobby", "scheduled"),
    },
    { requiredKeys: [] },
  );
}
