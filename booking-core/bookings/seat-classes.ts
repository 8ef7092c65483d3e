import type { Section } from "../events/event.ts";
import type { SeatClass } from "../seats/seat-bytes.ts";

const known = new WeakMap<Section, ReadonlyMap<number, SeatClass>>();

/** The class of each seat that is not ordinary; made once for each reading of the section. */
export function classesOf(section: Section): ReadonlyMap<number, SeatClass> {
  const classes = known.get(section) ?? new Map(section.marks);
  known.set(section, classes);
  return classes;
}
