import { expect, test } from "vitest";
import type { ReadmitOutcome } from "../../queue-admission/room.ts";
import type { RoomWatch } from "../../queue-admission/room-watch.ts";
import { defaultBounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";
import { eventId, passClaims, passOf, testBuyer, testTokens, tokenOf, unknownId } from "../test-data.ts";
import { tickAt } from "../test-services.ts";
import { createPassGuard } from "./pass-guard.ts";

const ada = testBuyer();
const ben = testBuyer("ben");
const invalid = { refusal: "pass_invalid" };

/** What the guard is made of: the room as the gateway knows it, and how Redis would answer for an older pass. */
function setUp(incarnation?: number, answer: ReadmitOutcome["outcome"] = "readmitted") {
  const revoked = new Set<number>();
  const asked: unknown[] = [];
  const left: unknown[] = [];
  const room = { incarnation, answer, isOpen: true };
  const watch = {
    tick: () => (room.incarnation === undefined ? undefined : tickAt(0, { incarnation: room.incarnation })),
    isRevoked: (pass: number) => revoked.has(pass),
  } as unknown as RoomWatch;
  const readmit = async (...pass: unknown[]) => {
    asked.push(pass);
    return { outcome: room.answer };
  };
  const leave = async (event: string, { identity }: { identity: string }, onlyPass: number) => {
    left.push([event, identity, onlyPass]);
    return "left";
  };
  const services = {
    tokens: testTokens,
    rooms: { readmit, leave },
    roomWatches: { open: async () => watch, opened: () => (room.isOpen ? watch : undefined) },
  } as unknown as GatewayServices;
  const guard = createPassGuard({ services, bounds: defaultBounds });
  const problem = (pass: string | undefined, buyer = ada, event: string = eventId) =>
    guard.problem(buyer, pass, event);
  return { room, revoked, asked, left, problem };
}

test("a pass lets its own buyer book at its own event", async () => {
  const { problem, asked } = setUp(1);
  expect(await problem(passOf(ada))).toBeUndefined();
  expect(asked).toEqual([]);
});

const endsAtMs = Date.now() + 60_000;
const bound = (jkt: string) => testTokens.sign("pass", { ...passClaims(ada), cnf: { jkt } }, endsAtMs);

test.each([
  ["that ended", passOf(ada, eventId, -1_000)],
  ["of another buyer", passOf(ben)],
  ["of another session with the same identity", passOf({ ...ada, buyerId: ben.buyerId })],
  ["of another identity with the same buyer", passOf({ ...ada, identity: ben.identity })],
  ["of another event", passOf(ada, unknownId as typeof eventId)],
  ["of a device", bound("a device")],
  ["that is a token", tokenOf(ada)],
  ["that was changed", `${passOf(ada)}x`],
  ["that is nothing", ""],
  ["that is too long", `${passOf(ada)}${"x".repeat(defaultBounds.http.headerValueChars)}`],
])("a pass %s is refused", async (_, pass) => {
  const { problem } = setUp(1);
  expect(await problem(pass)).toEqual(invalid);
});

test("a missing pass is named as missing, and a pass for another event of the address as wrong", async () => {
  const { problem } = setUp(1);
  expect(await problem(undefined)).toEqual({ refusal: "pass_missing" });
  expect(await problem(passOf(ada), ada, unknownId)).toEqual(invalid);
});

test("the pass of a device is good for the session of that device alone", async () => {
  const { problem } = setUp(1);
  expect(await problem(bound("phone"), { ...ada, cnf: { jkt: "phone" } })).toBeUndefined();
  expect(await problem(bound("phone"), { ...ada, cnf: { jkt: "laptop" } })).toEqual(invalid);
  expect(await problem(passOf(ada), { ...ada, cnf: { jkt: "phone" } })).toEqual(invalid);
});

test("a revoked pass is refused, and is given up once more after each loss: Redis may have forgotten it", async () => {
  const { problem, room, revoked, asked, left } = setUp(1);
  revoked.add(2);
  expect(await problem(passOf(ada))).toBeUndefined();
  expect(left).toEqual([]);
  revoked.add(1);
  for (const _ of [1, 2, 3]) expect(await problem(passOf(ada))).toEqual(invalid);
  expect(left).toEqual([[eventId, ada.identity, 1]]);
  room.incarnation = 2;
  for (const _ of [1, 2, 3]) expect(await problem(passOf(ada))).toEqual(invalid);
  expect(left).toHaveLength(2);
  expect(asked).toEqual([]);
});

test("a pass from before a loss is asked about once, and again after the next loss", async () => {
  const { problem, room, asked } = setUp(2);
  for (const _ of [1, 2, 3]) expect(await problem(passOf(ada))).toBeUndefined();
  expect(asked).toHaveLength(1);
  room.incarnation = 3;
  expect(await problem(passOf(ada))).toBeUndefined();
  expect(asked).toHaveLength(2);
});

test.each(["full", "pass_over", "not_found"] as const)(
  "a pass from before a loss that Redis calls %s is refused, and asked about anew the next time",
  async (outcome) => {
    const { problem, room } = setUp(2, outcome);
    expect(await problem(passOf(ada))).toEqual(invalid);
    room.answer = "readmitted";
    expect(await problem(passOf(ada))).toBeUndefined();
  },
);

test("a pass that was counted again and then revoked is refused", async () => {
  const { problem, revoked } = setUp(2);
  expect(await problem(passOf(ada))).toBeUndefined();
  revoked.add(1);
  expect(await problem(passOf(ada))).toEqual(invalid);
});

test("before the driver was heard a good pass is taken at its word", async () => {
  const { problem, asked } = setUp();
  expect(await problem(passOf(ada))).toBeUndefined();
  expect(asked).toEqual([]);
});

test("where the room is known, a pass is decided on at once", async () => {
  const { problem, revoked } = setUp(1);
  expect(problem(passOf(ada))).toBeUndefined();
  revoked.add(1);
  await problem(passOf(ada));
  expect(problem(passOf(ada))).toEqual(invalid);
});

test("the first pass of a room waits until the room is known, and then nothing else counts", async () => {
  const { problem, room, revoked } = setUp(1);
  room.isOpen = false;
  expect(problem(passOf(ada))).toBeInstanceOf(Promise);
  expect(await problem(passOf(ada))).toBeUndefined();
  revoked.add(1);
  expect(await problem(passOf(ada))).toEqual(invalid);
});
