import type { Booking, BookingChange } from "../booking-core/bookings/booking.ts";
import type { OnsaleEvent } from "../booking-core/events/event.ts";
import type { Payment } from "../booking-core/payments/payment.ts";
import type { SectionSnapshot, Wish } from "../booking-core/seats/claim.ts";
import type { Clock } from "../foundation/clock.ts";
import type { BookingId, BuyerId, EventId, SectionId, TicketId } from "../foundation/ids.ts";
import type { Logger } from "../foundation/log.ts";
import type { TokenClaims, Tokens } from "../foundation/tokens.ts";
import type { RoomsOfEvents } from "../queue-admission/room.ts";
import type { RoomNewsFeed } from "../queue-admission/room-news-feed.ts";

/** Who calls, as the token says. */
export type Buyer = TokenClaims["buyer"];

export type OpenedSession = {
  readonly outcome: "opened";
  readonly token: string;
  readonly buyerId: BuyerId;
  readonly email: string;
  readonly guest: boolean;
  readonly endsAtMs: number;
};

export type BookRequest = {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly wish: Wish;
  readonly buyer: { readonly buyerId: BuyerId; readonly email: string };
  readonly idempotencyKey: string;
};

export type BookOutcome =
  | { readonly outcome: "booked"; readonly booking: Booking; readonly fresh: boolean }
  | {
      readonly outcome:
        | "sold_out"
        | "seats_taken"
        | "seats_unknown"
        | "offer_closed"
        | "too_many_seats"
        | "idempotency_key_reused"
        | "not_found"
        | "busy"
        | "unavailable";
      readonly seatNumbers?: readonly number[];
      readonly free?: number;
    };

export type StartPaymentOutcome =
  | { readonly outcome: "started"; readonly payment: Payment; readonly fresh: boolean }
  | {
      readonly outcome:
        | "not_found"
        | "booking_not_payable"
        | "payment_provider_down"
        | "idempotency_key_reused";
    };

export type Ticket = {
  readonly id: TicketId;
  readonly bookingId: BookingId;
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  readonly position: number;
  readonly seatNumber: number | null;
  readonly code: string;
  readonly status: "valid" | "used" | "refunded";
  readonly issuedAtMs: number;
};

export type CheckedPart = "redis" | "postgres" | "queue";

/** All that the gateway needs of the other parts; `app/` builds them and hands them in. */
export type GatewayServices = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tokens: Tokens;
  readonly sessions: {
    openGuest(email: string): Promise<OpenedSession>;
    openAccount(
      email: string,
      password: string,
    ): Promise<OpenedSession | { readonly outcome: "credentials_wrong" }>;
  };
  readonly catalogue: {
    list(): Promise<readonly OnsaleEvent[]>;
    find(eventId: EventId): Promise<OnsaleEvent | undefined>;
  };
  readonly rooms: RoomsOfEvents;
  readonly roomNews: RoomNewsFeed;
  readonly changes: {
    watch(eventId: EventId, listener: (change: BookingChange) => void): Promise<() => Promise<void>>;
  };
  readonly seats: { snapshot(eventId: EventId, sectionId: SectionId): Promise<SectionSnapshot | undefined> };
  readonly bookings: {
    book(request: BookRequest): Promise<BookOutcome>;
    find(buyerId: BuyerId, bookingId: BookingId): Promise<Booking | undefined>;
  };
  readonly payments: {
    start(request: {
      readonly buyerId: BuyerId;
      readonly bookingId: BookingId;
      readonly idempotencyKey: string;
    }): Promise<StartPaymentOutcome>;
  };
  readonly inbox: {
    receive(
      rawBody: Buffer,
      signatureHeader: string,
    ): Promise<{ readonly outcome: "stored" | "known" | "webhook_signature_wrong" }>;
  };
  readonly tickets: { find(buyerId: BuyerId, ticketId: TicketId): Promise<Ticket | undefined> };
  readonly checks: Readonly<Record<CheckedPart, () => Promise<void>>>;
};
