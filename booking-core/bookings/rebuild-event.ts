import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Section } from "../events/event.ts";
import { readEvents } from "../events/read-events.ts";
import { type LoadParts, loadSection } from "./load-section.ts";

export type RebuiltSection = { readonly section: Section; readonly place: number; readonly of: number };

/**
 * Builds the sections of an event (or one) in Redis from what Postgres says, one after the other, while they are sold.
 * Gives each as it is done; none where there is no such event or section.
 */
export async function* rebuildEvent(
  parts: LoadParts,
  eventId: EventId,
  sectionId?: SectionId,
): AsyncGenerator<RebuiltSection> {
  const [event] = await readEvents(parts.pool, eventId);
  const sections = (event?.sections ?? []).filter(({ id }) => sectionId === undefined || id === sectionId);
  for (const [index, section] of sections.entries()) {
    await loadSection(parts, section);
    yield { section, place: index + 1, of: sections.length };
  }
}
