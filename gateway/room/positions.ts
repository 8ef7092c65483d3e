import type { RoomState } from "../../queue-admission/room.ts";
import { positionOf } from "../../queue-admission/standing.ts";
import type { Bounds } from "../bounds.ts";
import { positionMessage } from "./room-messages.ts";
import { type RoomSocket, tell } from "./room-socket.ts";

export type Watermark = { readonly state: RoomState; readonly servedUpTo: number };

/** How long somebody so far from the front hears nothing new: telling costs about 9 µs a socket. */
export function positionEveryMs(position: number, bounds: Bounds["socket"]): number {
  if (position <= bounds.positionNear) return bounds.positionEveryMs.near;
  if (position <= bounds.positionMiddle) return bounds.positionEveryMs.middle;
  return bounds.positionEveryMs.far;
}

/** Tells one socket its position if that is news and due; false where it is news that has to wait. */
export function tellPosition(
  socket: RoomSocket,
  { state, servedUpTo }: Watermark,
  nowMs: number,
  bounds: Bounds["socket"],
): boolean {
  const data = socket.getUserData();
  // A number at or below the watermark had its turn or left: that is told by other news.
  if (!data.open || data.standing.where !== "waiting" || data.standing.number <= servedUpTo) return true;
  const position = positionOf(data.standing.number, servedUpTo);
  if (position === data.toldPosition) return true;
  if (nowMs - data.toldAtMs < positionEveryMs(position, bounds)) return false;
  data.toldPosition = position;
  data.toldAtMs = nowMs;
  tell(socket, positionMessage(position, state));
  return true;
}

/** Goes through all of them with pauses in which other work has its turn. */
export function inSlices<Item>(
  items: Iterable<Item>,
  slice: number,
  act: (item: Item) => void,
  done: () => void,
): void {
  const iterator = items[Symbol.iterator]();
  const step = () => {
    for (let count = 0; count < slice; count += 1) {
      const { value, done: ended } = iterator.next();
      if (ended) return done();
      act(value);
    }
    setImmediate(step);
  };
  step();
}
