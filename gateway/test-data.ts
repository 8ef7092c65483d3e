import type { Booking } from "../booking-core/bookings/booking.ts";
import type { Offer, OnsaleEvent, Section } from "../booking-core/events/event.ts";
import { compileSection, type PlannedSection } from "../booking-core/events/plan.ts";
import type { BuyerId, EventId, OfferId, SectionId } from "../foundation/ids.ts";
import { identityFrom, uuidFromParts } from "../foundation/ids.ts";
import { createTokens, type TokenClaims } from "../foundation/tokens.ts";

export const hourMs = 3_600_000;
export const eventId = uuidFromParts("event") as EventId;
export const seatedId = uuidFromParts("seated") as SectionId;
export const standingId = uuidFromParts("standing") as SectionId;
export const unknownId = uuidFromParts("unknown");

const price = { amountMinor: 4_500n, currency: "EUR" };
const offerIdOf = (sectionId: SectionId) => uuidFromParts("offer", sectionId) as OfferId;

export const testEvent: OnsaleEvent = {
  id: eventId,
  title: "Night of the Tests",
  description: "Two bands.",
  venue: { id: uuidFromParts("venue") as never, name: "Hall", city: "Bern" },
  seatingPlanId: uuidFromParts("plan") as never,
  startsAtMs: 1_800_000_000_000,
  status: "active",
  currency: "EUR",
  paymentWindowMs: 900_000,
  rules: { mostPerIdentity: null, allowsSingles: true, extensionMs: 0 },
  refundPolicy: { untilMs: hourMs, shareBasisPoints: 9_000, feesToo: false, seatsReturn: true },
  pools: [],
  sections: [
    section(seatedId, {
      name: "Section seated",
      kind: "seated",
      rows: [
        { label: "A", seats: 3 },
        { label: "B", seats: 2 },
      ],
    }),
    section(standingId, { name: "Section standing", kind: "standing", capacity: 5 }),
  ],
};

function section(id: SectionId, planned: PlannedSection): Section {
  const offer: Offer = {
    id: offerIdOf(id),
    category: "Floor",
    price,
    feeMinor: 300n,
    taxMinor: 275n,
    charges: [
      { name: "Service", kind: "fee", included: false, fixedMinor: 300n, amountMinor: 300n },
      { name: "VAT 7 %", kind: "tax", included: true, basisPoints: 700, amountMinor: 275n },
    ],
    maxPerBooking: 4,
    salesFromMs: 0,
    salesUntilMs: 1_900_000_000_000,
  };
  const { capacity, layout, marks } = compileSection(planned, [offer.category]);
  const { name, kind } = planned;
  return { id, eventId, name, kind, capacity, ...layout, marks, offers: [offer] };
}

export function testBooking(buyerId: BuyerId, part = "1"): Booking {
  return {
    id: uuidFromParts("booking", part) as never,
    eventId,
    buyerId,
    buyerEmail: "a@b.example",
    identity: identityFrom("email", "a@b.example"),
    status: "pending_payment",
    quantity: 1,
    total: price,
    createdAtMs: 1_799_000_000_000,
    deadlineMs: 1_799_000_900_000,
    extended: false,
    seats: [
      {
        position: 0,
        sectionId: seatedId,
        offerId: offerIdOf(seatedId),
        seatNumber: 3,
        price,
        ticketId: null,
        ticketStatus: null,
      },
    ],
  };
}

export const testTokens = createTokens("a secret of the tests, thirty-two characters");

export function testBuyer(name = "ada"): TokenClaims["buyer"] {
  const buyerId = uuidFromParts("buyer", name) as BuyerId;
  const identity = identityFrom("test", name);
  return { buyerId, identity, email: `${name}@onsale.example`, guest: true, verified: false, role: "buyer" };
}

/** An account that runs events. */
export function testOperator(): TokenClaims["buyer"] {
  return { ...testBuyer("operator"), guest: false, verified: true, role: "organiser" };
}

export function tokenOf(buyer: TokenClaims["buyer"], endsInMs = hourMs): string {
  return testTokens.sign("buyer", buyer, Date.now() + endsInMs);
}

export function passOf(buyer: TokenClaims["buyer"], event = eventId, endsInMs = hourMs): string {
  return testTokens.sign("pass", passClaims(buyer, event), Date.now() + endsInMs);
}

export function passClaims(
  { buyerId, identity }: TokenClaims["buyer"],
  event = eventId,
): TokenClaims["pass"] {
  const place = { lane: "general", entry: 1, joinedAtMs: 0 };
  return { eventId: event, buyerId, identity, passNumber: 1, incarnation: 1, place };
}
