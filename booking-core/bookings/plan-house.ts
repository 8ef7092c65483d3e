import { timingSafeEqual } from "node:crypto";
import { hashCode } from "../../foundation/code-hash.ts";
import type { HousePool, OnsaleEvent, Section } from "../events/event.ts";
import { blockOf } from "../events/layout.ts";
import type { SeatClass } from "../seats/seat-bytes.ts";
import type { Candidate } from "./planned-wish.ts";
import { marksIn } from "./seat-classes.ts";

export function poolOf({ pools }: OnsaleEvent, code: string): HousePool | undefined {
  const hash = Buffer.from(hashCode(code));
  return pools.find(({ codeHash }) => timingSafeEqual(Buffer.from(codeHash), hash));
}

/** The pool's seats of these segments, as runs of seats beside each other: first segments first, and there the best. */
export function planHouse(
  section: Section,
  segments: readonly number[],
  seatClass: SeatClass,
): Candidate["wish"] | undefined {
  const runs: [first: number, count: number][] = [];
  for (const [seat] of marksIn(section, segments, [seatClass])) {
    const block = blockOf(section.blocks, seat);
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === seat && last[0] >= block.first) last[1] += 1;
    else runs.push([seat, 1]);
  }
  if (runs.length === 0) return undefined;
  return (quantity, least) => ({ mode: "among", quantity, least, class: seatClass, runs });
}
