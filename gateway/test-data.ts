import type { Booking } from "../booking-core/bookings/booking.ts";
import type { OnsaleEvent } from "../booking-core/events/event.ts";
import type { BuyerId, EventId, SectionId } from "../foundation/ids.ts";
import { identityFrom, uuidFromParts } from "../foundation/ids.ts";
import { createTokens, type TokenClaims } from "../foundation/tokens.ts";

export const hourMs = 3_600_000;
export const eventId = uuidFromParts("event") as EventId;
export const seatedId = uuidFromParts("seated") as SectionId;
export const standingId = uuidFromParts("standing") as SectionId;
export const unknownId = uuidFromParts("unknown");

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
  sections: [
    section(seatedId, "seated", [
      { label: "A", seats: 3 },
      { label: "B", seats: 2 },
    ]),
    section(standingId, "standing", []),
  ],
};

function section(id: SectionId, kind: "seated" | "standing", rows: { label: string; seats: number }[]) {
  const offer = {
    id: uuidFromParts("offer", id) as never,
    category: "Floor",
    price: { amountMinor: 4_500n, currency: "EUR" },
    maxPerBooking: 4,
    salesFromMs: 0,
    salesUntilMs: 1_900_000_000_000,
  };
  return { id, eventId, name: `Section ${kind}`, kind, capacity: 5, rows, offer } as const;
}

export function testBooking(buyerId: BuyerId, part = "1"): Booking {
  return {
    id: uuidFromParts("booking", part) as never,
    eventId,
    sectionId: seatedId,
    offerId: testEvent.sections[0]?.offer.id as never,
    buyerId,
    buyerEmail: "a@b.example",
    status: "pending_payment",
    quantity: 1,
    total: { amountMinor: 4_500n, currency: "EUR" },
    createdAtMs: 1_799_000_000_000,
    deadlineMs: 1_799_000_900_000,
    seats: [{ position: 0, seatNumber: 3, ticketId: null }],
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
