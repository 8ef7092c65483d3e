import type { SectionId } from "../../foundation/ids.ts";
import type { Part } from "./book-parts.ts";
import type { Candidate, PlannedWish } from "./planned-wish.ts";

/*
 * A booking has one hold in a section, and it is of one wish: what is claimed there once more is the same seats, which
 * would be counted twice.
 */

/** Whether there is a section for each, if all were free; of a wish that no section can meet it is not the question. */
export function canBeApart(wishes: readonly PlannedWish[]): boolean {
  const owners = new Map<SectionId, PlannedWish>();
  // Whoever has a section moves on where there is another one for it.
  const settle = (wish: PlannedWish, tried: Set<SectionId>): boolean =>
    wish.candidates.some(({ section: { id } }) => {
      if (tried.has(id)) return false;
      tried.add(id);
      const owner = owners.get(id);
      if (owner !== undefined && !settle(owner, tried)) return false;
      owners.set(id, wish);
      return true;
    });
  return wishes.every((wish) => wish.candidates.length === 0 || settle(wish, new Set()));
}

/** What a wish can have beside what the others were given. */
export function apartFrom(taken: readonly Part[], wish: PlannedWish): PlannedWish {
  if (taken.length === 0) return wish;
  const used = new Set(taken.map(({ section }) => section.id));
  const isUnused = ({ section }: Candidate) => !used.has(section.id);
  const together = wish.together?.filter(isUnused);
  return { ...wish, candidates: wish.candidates.filter(isUnused), ...(together && { together }) };
}

export function assertApart(taken: readonly Part[]): void {
  const sections = taken.map(({ section }) => section.id);
  if (new Set(sections).size < sections.length)
    throw new Error(`two wishes were given section ${sections.join()}`);
}
