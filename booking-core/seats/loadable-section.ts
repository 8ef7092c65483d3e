import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { SeatClass } from "./seat-bytes.ts";

/** Of a section what Redis must know. Blocks stand by segment, then by rank; seat numbers count through them from 0. */
export type LoadableSection = {
  readonly id: SectionId;
  readonly eventId: EventId;
  readonly kind: "seated" | "standing";
  readonly capacity: number;
  /** Seats side by side. `rank` is smaller where better, `centre` the offset of the best seat. */
  readonly blocks: readonly {
    readonly seats: number;
    readonly segment: number;
    readonly rank: number;
    readonly centre: number;
  }[];
  readonly segments: readonly { readonly firstBlock: number; readonly blocks: number }[];
  /** What is not ordinary. */
  readonly marks: readonly (readonly [seatNumber: number, seatClass: SeatClass])[];
};
