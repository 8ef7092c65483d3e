import { z } from "zod";
import type { SeatRun, SectionNews } from "./section-picture.ts";

const counts = z.array(z.int().min(0));
const newsSchema = z.object({
  version: z.int(),
  epoch: z.int(),
  free: counts,
  held: counts,
  changed: z.string().optional(),
  reload: z.literal(true).optional(),
});

/** What the scripts say on a section's channel; nothing where another release says something else. */
export function parseSectionNews(message: string): SectionNews | undefined {
  const { data } = newsSchema.safeParse(jsonOf(message));
  if (data === undefined) return undefined;
  const { changed, reload, ...news } = data;
  return { ...news, changed: reload ? undefined : runsOf(changed ?? "") };
}

function jsonOf(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

/** `120:11,133:0`; a byte can be a colon, none is a comma. */
function runsOf(changed: string): SeatRun[] {
  if (changed === "") return [];
  return changed.split(",").map((run) => {
    const colon = run.indexOf(":");
    return { first: Number(run.slice(0, colon)), bytes: run.slice(colon + 1) };
  });
}
