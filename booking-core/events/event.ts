import type { EventId, OfferId, SeatingPlanId, SectionId, VenueId } from "../../foundation/ids.ts";
import type { Money } from "../../foundation/money.ts";

export type Row = { readonly label: string; readonly seats: number };

/** One section of an event. The rows of a seated one stand best first; seat numbers count through them from 0. */
export type Section = {
  readonly id: SectionId;
  readonly eventId: EventId;
  readonly name: string;
  readonly kind: "seated" | "standing";
  readonly capacity: number;
  /** Empty for a standing section. */
  readonly rows: readonly Row[];
  readonly offer: Offer;
};

export type Offer = {
  readonly id: OfferId;
  readonly category: string;
  readonly price: Money;
  readonly maxPerBooking: number;
  readonly salesFromMs: number;
  readonly salesUntilMs: number;
};

export type OnsaleEvent = {
  readonly id: EventId;
  readonly title: string;
  readonly description: string;
  readonly venue: { readonly id: VenueId; readonly name: string; readonly city: string };
  readonly seatingPlanId: SeatingPlanId;
  readonly startsAtMs: number;
  readonly status: "inactive" | "active" | "cancelled";
  readonly currency: string;
  readonly paymentWindowMs: number;
  readonly sections: readonly Section[];
};

export type SeatLabel = { readonly row: string; readonly seat: string };

/** What is printed on the ticket for a seat number: its row's label and its place in the row, from 1. */
export function seatLabel(section: Pick<Section, "rows">, seatNumber: number): SeatLabel {
  let first = 0;
  for (const row of section.rows) {
    if (seatNumber < first + row.seats) return { row: row.label, seat: String(seatNumber - first + 1) };
    first += row.seats;
  }
  throw new Error(`seat number ${seatNumber} is outside the section`);
}
