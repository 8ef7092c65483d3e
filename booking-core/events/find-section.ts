import type { SectionId } from "../../foundation/ids.ts";
import type { OnsaleEvent, Section } from "./event.ts";

/** An event never changes, another version is another object: so its sections are counted out once. */
const sectionsOf = new WeakMap<OnsaleEvent, ReadonlyMap<SectionId, Section>>();

/** The same cost for an event of 400 sections as for one of two. */
export function findSection(event: OnsaleEvent, sectionId: SectionId): Section | undefined {
  return (sectionsOf.get(event) ?? countOut(event)).get(sectionId);
}

function countOut(event: OnsaleEvent): ReadonlyMap<SectionId, Section> {
  const sections = new Map(event.sections.map((section) => [section.id, section]));
  sectionsOf.set(event, sections);
  return sections;
}
