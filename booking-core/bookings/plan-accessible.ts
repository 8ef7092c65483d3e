import type { Section } from "../events/event.ts";
import { blockOf } from "../events/layout.ts";
import { type SeatClass, seatClasses } from "../seats/seat-bytes.ts";
import type { Candidate } from "./planned-wish.ts";
import { marksIn } from "./seat-classes.ts";

type Place = { readonly seat: number; readonly seatClass: SeatClass };

/** Accessible seats with those of companions beside them; best first. Nothing where the section has none that fit. */
export function planAccessible(
  section: Section,
  segments: readonly number[],
  { quantity, accessible }: { readonly quantity: number; readonly accessible: number },
): Candidate["wish"] | undefined {
  const groups = stretches(section, segments).flatMap((stretch) => groupsIn(stretch, quantity, accessible));
  return groups.length === 0 ? undefined : () => ({ mode: "groups", groups });
}

/** Accessible and companion seats that stand beside each other in one block. */
function stretches(section: Section, segments: readonly number[]): Place[][] {
  const found: Place[][] = [];
  for (const [seat, seatClass] of marksIn(section, segments, [
    seatClasses.accessible,
    seatClasses.companion,
  ])) {
    const block = blockOf(section.blocks, seat);
    const last = found.at(-1);
    const before = last?.at(-1)?.seat;
    if (last !== undefined && before === seat - 1 && before >= block.first) last.push({ seat, seatClass });
    else found.push([{ seat, seatClass }]);
  }
  return found;
}

/** Each stretch of so many seats beside each other of which as many are accessible as were asked for. */
function groupsIn(stretch: readonly Place[], quantity: number, accessible: number): number[][] {
  const groups: number[][] = [];
  for (let from = 0; from + quantity <= stretch.length; from += 1) {
    const group = stretch.slice(from, from + quantity);
    const count = group.filter(({ seatClass }) => seatClass === seatClasses.accessible).length;
    if (count === accessible) groups.push(group.map(({ seat }) => seat));
  }
  return groups;
}
