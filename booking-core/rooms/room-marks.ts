import { limits } from "../../foundation/limits.ts";
import type { RoomConfig } from "./room-config.ts";

/** How far the numbers of a room have come, as its driver keeps it against the loss of Redis. */
export type RoomMarks = {
  readonly incarnation: number;
  readonly drawState: "" | "drawing" | "done";
  readonly lanes: readonly LaneMarks[];
};

export type LaneMarks = {
  readonly name: string;
  readonly last: number;
  /** No number above it was ever given. */
  readonly reserved: number;
  readonly served: number;
  readonly drawn: number;
};

const { reserveAhead } = limits.room;

/**
 * What is known of a room after it is started with `known`: it goes on behind the numbers that were reserved, and
 * those it may give at first are covered before it gives them. Each start is an incarnation of its own, so that
 * receipts from before it are good for a place again.
 */
export function marksAfterStart(known: RoomMarks | undefined, settings: RoomConfig): RoomMarks {
  const before = known?.lanes ?? [];
  const added = laneNames(settings).slice(before.length);
  const lanes = [...before, ...added.map((name) => ({ name, last: 0, reserved: 0, served: 0, drawn: 0 }))];
  return {
    incarnation: (known?.incarnation ?? 0) + 1,
    drawState: known?.drawState ?? "",
    lanes: lanes.map((lane) => ({ ...lane, reserved: lane.reserved + reserveAhead })),
  };
}

/**
 * What is kept when a driver says `told`. What was reserved is never lowered, by whomever; a driver that speaks of
 * an older incarnation knows nothing else that is still true.
 */
export function mergeMarks(known: RoomMarks | undefined, told: RoomMarks): RoomMarks {
  if (known === undefined) return told;
  const newest = told.incarnation < known.incarnation ? known : told;
  const length = Math.max(known.lanes.length, told.lanes.length);
  const lanes = Array.from({ length }, (_, index) =>
    mergeLane(newest.lanes[index], known.lanes[index], told.lanes[index]),
  );
  return { ...newest, lanes };
}

function mergeLane(...[newest, known, told]: (LaneMarks | undefined)[]): LaneMarks {
  const lane = newest ?? known ?? told;
  if (lane === undefined) throw new Error("a lane without marks");
  return { ...lane, reserved: Math.max(known?.reserved ?? 0, told?.reserved ?? 0) };
}

export function laneNames(settings: RoomConfig): string[] {
  const lanes = settings["lanes"];
  if (!Array.isArray(lanes)) throw new Error("the settings of a room have no lanes");
  return lanes.map(({ name }: { name: string }) => name);
}
