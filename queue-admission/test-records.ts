import type { DrawLane, HeldDraw } from "./draw/draw-record.ts";
import { sha256 } from "./draw/sha256.ts";
import type { Stock } from "./room.ts";
import type { RoomMarks, RoomRecords } from "./room-records.ts";

/** What must outlive Redis, in the memory of the test. */
export function createTestRecords(): RoomRecords & {
  marks: RoomMarks | undefined;
  lists: readonly DrawLane[] | undefined;
  draw: HeldDraw | undefined;
  left: readonly Stock[] | undefined;
} {
  return {
    marks: undefined,
    lists: undefined,
    draw: undefined,
    left: undefined,
    async keepMarks(_, marks) {
      this.marks = marks;
    },
    async keepLists(_, lists) {
      this.lists ??= lists;
    },
    async findLists() {
      return this.lists;
    },
    drawSecret: async (eventId) => ({ seed: sha256(Buffer.from(eventId)).toString("hex"), beacon: null }),
    async findDraw() {
      return this.draw;
    },
    async keepDraw(_, draw) {
      this.draw ??= draw;
    },
    async stock() {
      return this.left;
    },
  };
}
