import type { Section } from "../events/event.ts";
import { blockOf } from "../events/layout.ts";
import { type SeatClass, seatClasses } from "../seats/seat-bytes.ts";
import type { BestAvailable } from "./book-request.ts";
import type { Candidate } from "./planned-wish.ts";
import { marksIn } from "./seat-classes.ts";

type Place = { readonly seat: number; readonly seatClass: SeatClass };

/**
 * So many seats together, the most first: who is content with fewer goes without some companions, and never without an
 * accessible seat.
 */
export function sizesOf({ quantity, accessible = 0, fewer = false }: BestAvailable): number[] {
  const least = fewer && accessible > 0 ? accessible : quantity;
  return Array.from({ length: quantity - least + 1 }, (_, left) => quantity - left);
}

/**
 * Accessible seats with those of companions beside them, as many as can be; the best of them first. Nothing where the
 * section has none that fit.
 */
export function planAccessible(
  section: Section,
  segments: readonly number[],
  sizes: readonly number[],
  accessible: number,
): Candidate["wish"] | undefined {
  const found = stretches(section, segments);
  const groups = sizes.flatMap((size) => found.flatMap((stretch) => groupsIn(stretch, size, accessible)));
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
