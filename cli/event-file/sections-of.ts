import { nameOf } from "../../booking-core/events/layout.ts";
import { type CompiledSection, compileSection, type PlannedSection } from "../../booking-core/events/plan.ts";
import type { FileSection } from "./event-file.ts";
import type { Path, Tell } from "./problem.ts";

type SeatedPlan = Omit<Extract<FileSection, { kind: "seated" }>, "offers">;
type Row = SeatedPlan["rows"][number];

/** The section as it is drawn. What cannot be drawn is known where sections are compiled; here it gets its path. */
export function plannedOf({ offers, ...planned }: FileSection, path: Path, tell: Tell): PlannedSection {
  const categories = offers.map(({ category }) => category);
  for (const index of repeated(categories))
    tell([...path, "offers", index, "category"], "is there twice in this section: name it otherwise");
  const compiled = compile(planned, categories);
  if (planned.kind === "standing") {
    if (typeof compiled === "string") tell(path, compiled);
    return planned;
  }
  tellOfNames(planned, path, tell);
  tellOfIdleOffers(planned, categories, path, tell);
  if (typeof compiled === "string") tellOfDrawing(planned, categories, compiled, path, tell);
  else tellOfTwins(compiled, path, tell);
  return planned;
}

/** Places of what was there before. */
export function repeated(names: readonly string[]): number[] {
  return names.flatMap((name, index) => (names.indexOf(name) < index ? [index] : []));
}

function compile(planned: PlannedSection, categories: readonly string[]): CompiledSection | string {
  try {
    return compileSection(planned, categories);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function tellOfNames({ rows }: SeatedPlan, path: Path, tell: Tell): void {
  for (const [index, row] of rows.entries()) {
    const seats = seatsIn(row);
    if (Array.isArray(row.names) && row.names.length !== seats)
      tell(
        [...path, "rows", index, "names"],
        `has ${row.names.length} names for ${seats} seats: each has one`,
      );
  }
}

function seatsIn({ seats }: Row): number {
  return typeof seats === "number" ? seats : seats.replaceAll("_", "").length;
}

function tellOfIdleOffers({ rows }: SeatedPlan, categories: readonly string[], path: Path, tell: Tell): void {
  for (const [index, category] of categories.entries())
    if (!rows.some((row) => (row.category ?? categories[0]) === category))
      tell([...path, "offers", index], "sells no row: give its category to one, or take it out");
}

/** Each row that cannot be drawn alone either is named; where all can, it is the section that is too large. */
function tellOfDrawing(
  section: SeatedPlan,
  categories: readonly string[],
  why: string,
  path: Path,
  tell: Tell,
): void {
  const wrong = section.rows.flatMap((row, index) => {
    const alone = seatsIn(row) === 0 ? undefined : compile({ ...section, rows: [row] }, categories);
    return typeof alone === "string" ? [{ index, alone }] : [];
  });
  if (wrong.length === 0) tell(path, why);
  for (const { index, alone } of wrong) tell([...path, "rows", index], alone);
}

/** Two tickets with the same row and seat on them would be for one chair. */
function tellOfTwins({ layout: { rows, blocks } }: CompiledSection, path: Path, tell: Tell): void {
  const seen = new Set<string>();
  for (const block of blocks)
    for (let offset = 0; offset < block.seats; offset += 1) {
      const printed = JSON.stringify([rows[block.row], nameOf(block, offset)]);
      if (seen.has(printed)) {
        const says = `is printed as row ${rows[block.row]}, seat ${nameOf(block, offset)}, like another one: change label or names`;
        return tell([...path, "rows", block.row], says);
      }
      seen.add(printed);
    }
}
