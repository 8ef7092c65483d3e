import type { EventId, OfferId, SeatingPlanId, SectionId, VenueId } from "../../foundation/ids.ts";
import type { Money } from "../../foundation/money.ts";
import type { PriceLine } from "../prices/charge.ts";
import type { SeatClass } from "../seats/seat-bytes.ts";
import { blockOf, type Layout } from "./layout.ts";

/** One section of an event, as it is sold. A standing section has no blocks, one offer and one segment. */
export type Section = Layout & {
  readonly id: SectionId;
  readonly eventId: EventId;
  readonly name: string;
  readonly kind: "seated" | "standing";
  readonly capacity: number;
  /** Which seats are not ordinary ones. */
  readonly marks: readonly SeatMark[];
  /** Segments name them by their place here. */
  readonly offers: readonly Offer[];
};

export type SeatMark = readonly [seatNumber: number, seatClass: SeatClass];

export type Offer = {
  readonly id: OfferId;
  readonly category: string;
  /** All that a buyer pays for a seat. */
  readonly price: Money;
  /** The part of the price that is the house's. */
  readonly feeMinor: bigint;
  /** The part of the price that is the state's. */
  readonly taxMinor: bigint;
  /** What fees and taxes there are, for people. */
  readonly charges: readonly PriceLine[];
  readonly maxPerBooking: number;
  readonly salesFromMs: number;
  readonly salesUntilMs: number;
};

/** Seats that are kept for those who have a code: each pool has a class of seats of its own. */
export type HousePool = { readonly seatClass: SeatClass; readonly name: string; readonly codeHash: string };

/** What buyers must keep to at an event. */
export type BuyingRules = {
  /** Live seats of one identity; nothing where anybody may have any number. */
  readonly mostPerIdentity: number | null;
  /** Whether seats may be chosen so that a single one is left between others. */
  readonly allowsSingles: boolean;
  /** By how much a buyer may put off the deadline of a booking, once; 0 where not at all. */
  readonly extensionMs: number;
};

/** How a buyer may give tickets back. */
export type RefundPolicy = {
  /** So long before the event begins it ends. */
  readonly untilMs: number;
  /** Of what was paid; without the house's fee where `feesToo` is false. */
  readonly shareBasisPoints: number;
  readonly feesToo: boolean;
  /** Whether the seats are sold again. */
  readonly seatsReturn: boolean;
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
  readonly rules: BuyingRules;
  /** Null where buyers may not give tickets back. */
  readonly refundPolicy: RefundPolicy | null;
  readonly pools: readonly HousePool[];
  readonly sections: readonly Section[];
};

/** Who sells a seat, or a place of a standing section. */
export function offerOfSeat({ offers, segments, blocks }: Section, seatNumber: number | null): Offer {
  const segment = segments[seatNumber === null ? 0 : blockOf(blocks, seatNumber).segment];
  const offer = offers[segment?.offer ?? -1];
  if (offer === undefined) throw new Error(`nobody sells seat number ${seatNumber}`);
  return offer;
}
