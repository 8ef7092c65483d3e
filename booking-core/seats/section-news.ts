import { z } from "zod";

/** What a section's channel says after each change. Counts stand by segment; only ordinary seats count as free. */
const counts = z.array(z.number().int());
const head = { version: z.number().int(), epoch: z.number().int(), free: counts, held: counts };
const sectionNewsSchema = z.union([
  z.object({ ...head, changed: z.string() }),
  z.object({ ...head, reload: z.literal(true) }),
]);

/** Seats side by side: the number of the first, and a byte of each. */
export type SeatChange = { readonly first: number; readonly bytes: string };

export type SectionNews = {
  readonly version: number;
  readonly epoch: number;
  readonly free: readonly number[];
  readonly held: readonly number[];
  /** Nothing where the section was built anew: read its snapshot. */
  readonly changes: readonly SeatChange[] | undefined;
};

export function parseSectionNews(text: string): SectionNews {
  const news = sectionNewsSchema.parse(JSON.parse(text));
  const { version, epoch, free, held } = news;
  const changes = "changed" in news ? parseChanges(news.changed) : undefined;
  return { version, epoch, free, held, changes };
}

/** `120:11,133:0`; no seat's byte is a comma. */
function parseChanges(changed: string): SeatChange[] {
  if (changed === "") return [];
  return changed.split(",").map((change) => {
    const colon = change.indexOf(":");
    return { first: Number(change.slice(0, colon)), bytes: change.slice(colon + 1) };
  });
}
