import { hash } from "node:crypto";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { SectionWatch } from "../../booking-core/seats/followed-section.ts";
import type { EventId } from "../../foundation/ids.ts";
import type { Bounds } from "../bounds.ts";
import { type SharedText, shareText } from "../http/shared-text.ts";
import type { GatewayServices } from "../services.ts";
import { eventSeatsView } from "../wire/seats.ts";
import { watchSections } from "./watch-sections.ts";

/** All seats of an event as text, made once in a window of time for all who ask. */
export type SeatSheets = {
  /** Nothing where too many sections are watched. Rejects where Redis is away and the event is not watched. */
  of(event: OnsaleEvent): Promise<SharedText | undefined>;
};

type Sheet = { readonly text: SharedText; readonly madeAtMs: number };

export function createSeatSheets(
  services: Pick<GatewayServices, "sectionWatches" | "clock">,
  { windowMs, sheets: most }: Bounds["seatMap"],
): SeatSheets {
  const { clock } = services;
  const sheets = new Map<EventId, Sheet>();
  const making = new Map<EventId, Promise<SharedText | undefined>>();

  async function make(event: OnsaleEvent): Promise<SharedText | undefined> {
    const watches = await watchSections(services, event);
    if (watches === undefined) return undefined;
    const etag = etagOf(event, watches);
    const known = sheets.get(event.id)?.text;
    const text =
      known?.etag === etag ? known : shareText(etag, JSON.stringify(eventSeatsView(event, watches)));
    keep(event.id, { text, madeAtMs: clock.now() });
    return text;
  }

  function keep(eventId: EventId, sheet: Sheet): void {
    sheets.delete(eventId);
    sheets.set(eventId, sheet);
    const oldest = sheets.size > most ? sheets.keys().next().value : undefined;
    if (oldest !== undefined) sheets.delete(oldest);
  }

  return {
    of(event) {
      const sheet = sheets.get(event.id);
      if (sheet !== undefined && clock.now() - sheet.madeAtMs < windowMs) return Promise.resolve(sheet.text);
      const run = making.get(event.id) ?? make(event).finally(() => making.delete(event.id));
      making.set(event.id, run);
      return run;
    },
  };
}

/** Weak: the encodings of one sheet are the same for who reads it, but not byte by byte. */
function etagOf(event: OnsaleEvent, watches: readonly SectionWatch[]): string {
  const versions = watches.map((watch) => {
    const picture = watch.picture();
    return `${watch.sectionId} ${picture?.epoch} ${picture?.version}`;
  });
  return `W/"${hash("sha1", `${event.id} ${versions.join()}`, "base64url")}"`;
}
