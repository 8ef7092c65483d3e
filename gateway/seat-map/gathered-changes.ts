import type { SectionChange } from "../../booking-core/seats/followed-section.ts";
import type { SectionPicture } from "../../booking-core/seats/section-picture.ts";
import type { SectionId } from "../../foundation/ids.ts";
import { freeOf } from "../wire/seats.ts";
import type { SeatChange } from "./live-messages.ts";
import { runsOfLetters } from "./seat-letters.ts";

/** What changed of each section since it was last told, as text of a message. */
export type GatheredChanges = {
  add(change: SectionChange): void;
  /** Takes out what one message holds, the longest waiting first. */
  take(mostBytes: number): ReadonlyMap<SectionId, string>;
  readonly isEmpty: () => boolean;
};

type Gathered = {
  /** Nothing where a client cannot follow by changes. */
  readonly from: number | undefined;
  picture: SectionPicture;
  readonly seatNumbers: Set<number> | undefined;
};

export function gatherChanges(mostSeats: number): GatheredChanges {
  const sections = new Map<SectionId, Gathered>();
  return {
    add: (change) => void sections.set(change.sectionId, gather(sections.get(change.sectionId), change)),
    take(mostBytes) {
      const taken = new Map<SectionId, string>();
      let bytes = 0;
      for (const [sectionId, gathered] of sections) {
        const text = JSON.stringify(changeOf(sectionId, gathered, mostSeats));
        bytes += text.length + 1;
        if (taken.size > 0 && bytes > mostBytes) break;
        taken.set(sectionId, text);
        sections.delete(sectionId);
      }
      return taken;
    },
    isEmpty: () => sections.size === 0,
  };
}

function gather(before: Gathered | undefined, { from, picture, seatNumbers }: SectionChange): Gathered {
  const gathered = before ?? { from, picture, seatNumbers: new Set<number>() };
  // Versions that come a second time cannot be told from those that a client has.
  const isLost = seatNumbers === undefined || from === undefined || picture.version <= from;
  if (isLost || gathered.seatNumbers === undefined)
    return { from: undefined, picture, seatNumbers: undefined };
  for (const seat of seatNumbers) gathered.seatNumbers.add(seat);
  gathered.picture = picture;
  return gathered;
}

function changeOf(
  sectionId: SectionId,
  { from, picture, seatNumbers }: Gathered,
  mostSeats: number,
): SeatChange {
  const now = { sectionId, version: picture.version, free: freeOf(picture) };
  if (from === undefined || seatNumbers === undefined || seatNumbers.size > mostSeats)
    return { ...now, reload: true };
  return { ...now, from, changed: runsOfLetters(picture.seats, seatNumbers) };
}
