import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { seatsEnd } from "../../lua/generated.ts";

/** `left`: how many places the booking keeps of a standing section; of a seated one the seats are named. */
export type Shrinking = {
  readonly bookingId: BookingId;
  readonly giveBack: readonly number[];
  readonly left: number;
};

/** A hold that is not paid yet, as somebody was given it: another request of its booking that is given it makes its time later. */
export type UnpaidHold = { readonly bookingId: BookingId; readonly heldAtMs: number };

/** As many as one call of the script ends; Lua's stack bounds it too. */
const endsPerScript = 500;

export function createHoldEnds(redis: Redis) {
  async function end(eventId: EventId, sectionId: SectionId, lines: readonly string[]) {
    for (let from = 0; from < lines.length; from += endsPerScript) {
      const ends = lines.slice(from, from + endsPerScript).join("");
      await seatsEnd(redis, sectionKeys(eventId, sectionId), { ends });
    }
  }

  return {
    release: (eventId: EventId, sectionId: SectionId, ids: readonly BookingId[]) =>
      end(
        eventId,
        sectionId,
        ids.map((id) => `release:${id}\n`),
      ),
    leave: (eventId: EventId, sectionId: SectionId, holds: readonly UnpaidHold[]) =>
      end(
        eventId,
        sectionId,
        holds.map(({ bookingId, heldAtMs }) => `leave:${bookingId}:${heldAtMs}\n`),
      ),
    undo: (eventId: EventId, sectionId: SectionId, holds: readonly UnpaidHold[]) =>
      end(
        eventId,
        sectionId,
        holds.map(({ bookingId, heldAtMs }) => `undo:${bookingId}:${heldAtMs}\n`),
      ),
    confirm: (eventId: EventId, sectionId: SectionId, ids: readonly BookingId[]) =>
      end(
        eventId,
        sectionId,
        ids.map((id) => `confirm:${id}\n`),
      ),
    shrink: (eventId: EventId, sectionId: SectionId, entries: readonly Shrinking[]) =>
      end(eventId, sectionId, entries.map(shrinkLine)),
  };
}

function shrinkLine({ bookingId, giveBack, left }: Shrinking): string {
  return `shrink:${bookingId}:${left}:${giveBack.join()}\n`;
}
