import type { SeatMark, Section } from "../events/event.ts";
import { blockOf } from "../events/layout.ts";
import type { SeatClass } from "../seats/seat-bytes.ts";

const known = new WeakMap<Section, ReadonlyMap<number, SeatClass>>();

/** The class of each seat that is not ordinary; made once for each reading of the section. */
export function classesOf(section: Section): ReadonlyMap<number, SeatClass> {
  const classes = known.get(section) ?? new Map(section.marks);
  known.set(section, classes);
  return classes;
}

/** The seats of these classes, in the order of the segments that are wanted, and in each the best first. */
export function marksIn(
  { marks, blocks }: Section,
  segments: readonly number[],
  classes: readonly SeatClass[],
): readonly SeatMark[] {
  const placeOf = (seat: number) => segments.indexOf(blockOf(blocks, seat).segment);
  return marks
    .filter(([seat, seatClass]) => classes.includes(seatClass) && placeOf(seat) >= 0)
    .toSorted(([left], [right]) => placeOf(left) - placeOf(right) || left - right);
}
