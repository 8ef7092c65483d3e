import type { RoomState, Standing } from "./room.ts";

/** What the scripts `join` and `standing` say of a place that exists. */
export type PlaceReply = readonly [
  where: "waiting" | "turn" | "inside",
  number: number,
  mark: number,
  state: string,
];

/**
 * The people ahead, plus one. Nobody is counted: every number above the watermark may still wait, so a place
 * ahead that was given up counts until the watermark has passed it. It is therefore an upper bound that never
 * grows, and it is exact where nobody ahead has left.
 */
export function positionOf(number: number, servedUpTo: number): number {
  return Math.max(1, number - servedUpTo);
}

export function standingOf([where, number, mark, state]: PlaceReply): Standing {
  switch (where) {
    case "waiting":
      return { outcome: "waiting", number, position: positionOf(number, mark), state: roomStateOf(state) };
    case "turn":
      return { outcome: "turn", number, deadlineMs: mark };
    case "inside":
      return { outcome: "inside", number, passEndsAtMs: mark };
  }
}

const roomStates = ["scheduled", "lobby", "open", "paused", "closed"] as const satisfies RoomState[];

export function roomStateOf(text: string): RoomState {
  const state = roomStates.find((known) => known === text);
  if (state === undefined) throw new Error(`a room cannot be "${text}"`);
  return state;
}
