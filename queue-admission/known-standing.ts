import { aheadOf } from "./lanes.ts";
import type { RoomTick, Standing } from "./room.ts";

/** What a verified receipt says of its place, once the place has a number. */
export type KnownPlace = { readonly lane: string; readonly number: number; readonly incarnation: number };

/**
 * What the receipt and the watermark say without asking Redis: a number that is not served yet still waits. Whether
 * the place was left meanwhile is found out when its turn comes.
 */
export function knownStanding(place: KnownPlace, tick: RoomTick | undefined): Standing | undefined {
  if (tick === undefined || tick.incarnation !== place.incarnation) return undefined;
  const lane = tick.lanes.find(({ name }) => name === place.lane);
  const { number } = place;
  if (lane === undefined || number <= lane.served || (number <= lane.drawn && tick.drawing)) return undefined;
  return { outcome: "waiting", lane: lane.name, number, ahead: aheadOf(number, lane), state: tick.state };
}
