import { limits } from "../../foundation/limits.ts";
import { houseClass, type SeatClass, seatClasses } from "../seats/seat-bytes.ts";
import type { SeatMark } from "./event.ts";
import type { Block, Layout, SeatNames, Segment } from "./layout.ts";

/** A section as a seating plan draws it. */
export type PlannedSection = SeatedPlan | StandingPlan;
export type StandingPlan = { readonly name: string; readonly kind: "standing"; readonly capacity: number };
export type SeatedPlan = {
  readonly name: string;
  readonly kind: "seated";
  readonly rows: readonly PlannedRow[];
};

/** Rows stand from the front. */
export type PlannedRow = {
  readonly label: string;
  /**
   * How many ordinary seats, or the row drawn, a letter a place: `o` ordinary, `v` restricted view, `a` accessible,
   * `c` companion, `x` blocked, `A` to `T` kept in a house pool, `_` an aisle or a gap.
   */
  readonly seats: number | string;
  /** The category of the offer that sells it; without, the section's first. */
  readonly category?: string;
  /** 0 to 255, smaller is better. Without, four rows after each other are as good as each other. */
  readonly rank?: number;
  /** The best place of the row, gaps counted from 0; without, its middle. */
  readonly centre?: number;
  /** How its seats are printed, counted through gaps; without, from 1 upwards. */
  readonly names?: SeatNames;
};

export type CompiledSection = {
  readonly capacity: number;
  readonly layout: Layout;
  readonly marks: readonly SeatMark[];
};

const ordinary = new Set(["o", "v"]);
const drawn = /^[ovacxA-T_]*$/;
const rowsOfOneRank = 4;

type DrawnBlock = Omit<Block, "first" | "segment"> & {
  readonly offer: number;
  readonly restrictedView: boolean;
  readonly letters: string;
};

/** What is sold of a plan's section by the offers of these categories. */
export function compileSection(planned: PlannedSection, categories: readonly string[]): CompiledSection {
  if (planned.kind === "standing") return compileStanding(planned, categories);
  const blocks = planned.rows
    .flatMap((row, index) => drawRow(planned, row, index, categories))
    .sort(bySegmentAndRank);
  const section = arrange(planned, blocks);
  assertWithinLimits(planned, section);
  return section;
}

function compileStanding({ name, capacity }: StandingPlan, categories: readonly string[]): CompiledSection {
  if (categories.length !== 1)
    throw new Error(`the standing section ${name} has ${categories.length} offers; one works`);
  if (capacity < 1 || capacity > limits.section.seats)
    throw new Error(`section ${name} has ${capacity} seats; 1 to ${limits.section.seats} work`);
  const segments = [{ offer: 0, restrictedView: false, firstBlock: 0, blocks: 0 }];
  return { capacity, layout: { rows: [], blocks: [], segments }, marks: [] };
}

function drawRow(
  section: SeatedPlan,
  row: PlannedRow,
  index: number,
  categories: readonly string[],
): DrawnBlock[] {
  const letters = typeof row.seats === "number" ? "o".repeat(row.seats) : row.seats;
  if (!drawn.test(letters))
    throw new Error(`row ${row.label} of section ${section.name} is drawn with unknown letters`);
  const offer = row.category === undefined ? 0 : categories.indexOf(row.category);
  if (offer < 0) throw new Error(`section ${section.name} has no offer of the category ${row.category}`);
  const rank = Math.min(255, row.rank ?? Math.floor(index / rowsOfOneRank));
  const middle = row.centre ?? (letters.length - 1) / 2;
  // A stretch without gaps, of seats that all have a restricted view or all have not.
  return [...letters.matchAll(/v+|[^v_]+/g)].map(({ 0: stretch, index: column }) => ({
    row: index,
    column,
    names: namesOf(row.names, letters, column, stretch.length),
    seats: stretch.length,
    rank,
    centre: Math.max(0, Math.min(stretch.length - 1, Math.round(middle - column))),
    offer,
    restrictedView: stretch.startsWith("v"),
    letters: stretch,
  }));
}

function namesOf(
  names: SeatNames = { first: 1, step: 1 },
  row: string,
  column: number,
  seats: number,
): SeatNames {
  const before = row.slice(0, column).replaceAll("_", "").length;
  if ("first" in names) return { first: names.first + before * names.step, step: names.step };
  return names.slice(before, before + seats);
}

function bySegmentAndRank(left: DrawnBlock, right: DrawnBlock): number {
  return (
    left.offer - right.offer ||
    Number(left.restrictedView) - Number(right.restrictedView) ||
    left.rank - right.rank ||
    left.row - right.row ||
    left.column - right.column
  );
}

/** Numbers the seats through the blocks, which stand in their order. */
function arrange({ rows }: SeatedPlan, drawnBlocks: readonly DrawnBlock[]): CompiledSection {
  const blocks: Block[] = [];
  const segments: Segment[] = [];
  const marks: SeatMark[] = [];
  let first = 0;
  for (const { offer, restrictedView, letters, ...block } of drawnBlocks) {
    const last = segments.at(-1);
    if (last?.offer === offer && last.restrictedView === restrictedView)
      segments[segments.length - 1] = { ...last, blocks: last.blocks + 1 };
    else segments.push({ offer, restrictedView, firstBlock: blocks.length, blocks: 1 });
    blocks.push({ ...block, first, segment: segments.length - 1 });
    for (const [offset, letter] of [...letters].entries())
      if (!ordinary.has(letter)) marks.push([first + offset, classOf(letter)]);
    first += letters.length;
  }
  return { capacity: first, layout: { rows: rows.map(({ label }) => label), blocks, segments }, marks };
}

function classOf(letter: string): SeatClass {
  switch (letter) {
    case "a":
      return seatClasses.accessible;
    case "c":
      return seatClasses.companion;
    case "x":
      return seatClasses.blocked;
    default:
      return houseClass(letter.charCodeAt(0) - "A".charCodeAt(0));
  }
}

function assertWithinLimits({ name }: SeatedPlan, { capacity, layout }: CompiledSection): void {
  const { seats, blocks, blockSeats, segments } = limits.section;
  const fail = (what: string) => {
    throw new Error(`section ${name} has ${what}`);
  };
  if (capacity < 1 || capacity > seats) fail(`${capacity} seats; 1 to ${seats} work`);
  if (layout.blocks.length > blocks) fail(`more than ${blocks} blocks`);
  if (layout.segments.length > segments) fail(`more than ${segments} offers and views`);
  const wide = layout.blocks.find((block) => block.seats > blockSeats);
  if (wide !== undefined)
    fail(`${wide.seats} seats beside each other in row ${layout.rows[wide.row]}; ${blockSeats} work`);
}
