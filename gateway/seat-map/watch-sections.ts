import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { SectionWatch } from "../../booking-core/seats/followed-section.ts";
import type { SectionId } from "../../foundation/ids.ts";
import type { GatewayServices } from "../services.ts";

/** Subscriptions and readings that are begun at once. */
const sectionsAtOnce = 50;

/** A watch of each of these sections, in their order; nothing where one more would be too many. */
export async function watchSections(
  { sectionWatches }: Pick<GatewayServices, "sectionWatches">,
  event: OnsaleEvent,
  sectionIds: readonly SectionId[] = event.sections.map(({ id }) => id),
): Promise<readonly SectionWatch[] | undefined> {
  const watches: SectionWatch[] = [];
  for (let from = 0; from < sectionIds.length; from += sectionsAtOnce) {
    const some = sectionIds.slice(from, from + sectionsAtOnce);
    const opened = await Promise.all(
      some.map(async (id) => sectionWatches.known(id) ?? sectionWatches.open(event.id, id)),
    );
    for (const watch of opened) {
      if (watch === undefined) return undefined;
      watches.push(watch);
    }
  }
  return watches;
}
