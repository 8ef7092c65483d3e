import { afterAll, expect, test } from "vitest";
import { roomKeys } from "../foundation/redis/keys.ts";
import { connectTestRedis } from "../test/harness/redis.ts";
import { openTestRoom, visitor } from "./test-room.ts";

const redis = connectTestRedis();
afterAll(() => redis.quit());

const ann = visitor("ann");

/** Ann is inside. The numbers of passes are lost, as with a node that dies while it has them of a slot on the move. */
async function roomWithoutPasses() {
  const room = await openTestRoom(redis, { cap: 2 });
  await room.join("ann", "bob", "cyd");
  await room.step();
  const taken = await room.rooms.takeTurn(room.eventId, ann);
  if (taken.outcome !== "admitted") throw new Error(taken.outcome);
  const claims = room.tokens.verify("pass", taken.pass);
  if (claims === undefined) throw new Error("the pass is not good");
  await redis.del(roomKeys(room.eventId).passes);
  return { ...room, pass: { ...claims, endsAtMs: taken.endsAtMs }, before: taken.passNumber };
}

test("who is inside gets a pass again, with a number of its own and without renewals", async () => {
  const { rooms, eventId, before } = await roomWithoutPasses();
  const again = await rooms.takeTurn(eventId, ann);
  expect(again).toMatchObject({ outcome: "admitted", renewalsLeft: 0 });
  expect(again).toMatchObject({ passNumber: before + 1 });
  expect(await rooms.takeTurn(eventId, ann)).toMatchObject({ passNumber: before + 1 });
  expect((await rooms.standing(eventId, ann)).outcome).toBe("inside");
});

test("a pass that cannot be named is not renewed", async () => {
  const { rooms, eventId } = await roomWithoutPasses();
  expect(await rooms.renewPass(eventId, ann)).toEqual({ outcome: "pass_missing" });
});

test("who leaves gives the slot to the next", async () => {
  const { rooms, eventId, step, occupied } = await roomWithoutPasses();
  expect(await rooms.leave(eventId, ann)).toBe("left");
  await step();
  expect((await occupied()).turns).toEqual(["bob", "cyd"]);
});

test("who comes back with a pass is inside with it, and once", async () => {
  const { rooms, eventId, pass, occupied } = await roomWithoutPasses();
  expect(await rooms.readmit(eventId, pass)).toEqual({ outcome: "readmitted" });
  expect(await rooms.readmit(eventId, pass)).toEqual({ outcome: "readmitted" });
  expect((await occupied()).inside).toEqual(["ann"]);
});
