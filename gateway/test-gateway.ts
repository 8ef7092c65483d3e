import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { Booking, BookingChange } from "../booking-core/bookings/booking.ts";
import type { OnsaleEvent } from "../booking-core/events/event.ts";
import type { BuyerId, EventId, SectionId } from "../foundation/ids.ts";
import { uuidFromParts } from "../foundation/ids.ts";
import { createTokens, type TokenClaims } from "../foundation/tokens.ts";
import type { RoomNews, Standing } from "../queue-admission/room.ts";
import { type Bounds, defaultBounds } from "./bounds.ts";
import { type Gateway, startGateway } from "./server.ts";
import type { GatewayServices } from "./services.ts";

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

/** The words of the room's driver and of the bookings, said by the test; each event has its listeners. */
export type TestFeeds = {
  news(news: RoomNews): void;
  change(change: BookingChange): void;
  /** How many subscriptions are open now, and how many there ever were. */
  readonly open: () => number;
  readonly opened: () => number;
};

function createFeed<Message>() {
  const listeners = new Set<(message: Message) => void>();
  let opened = 0;
  return {
    listeners,
    opened: () => opened,
    watch: async (_: EventId, listener: (message: Message) => void) => {
      listeners.add(listener);
      opened += 1;
      return async () => void listeners.delete(listener);
    },
  };
}

export const testTokens = createTokens("a secret of the tests, thirty-two characters");

export function testBuyer(name = "ada"): TokenClaims["buyer"] {
  const buyerId = uuidFromParts("buyer", name) as BuyerId;
  return { buyerId, identity: `identity-${name}`, email: `${name}@onsale.example`, guest: true };
}

export function tokenOf(buyer: TokenClaims["buyer"], endsInMs = hourMs): string {
  return testTokens.sign("buyer", buyer, Date.now() + endsInMs);
}

export function passOf(buyer: TokenClaims["buyer"], event = eventId, endsInMs = hourMs): string {
  const { buyerId, identity } = buyer;
  return testTokens.sign("pass", { eventId: event, buyerId, identity }, Date.now() + endsInMs);
}

const waiting: Standing = { outcome: "waiting", number: 12, position: 5, state: "open" };

function testServices(
  news: GatewayServices["roomNews"],
  changes: GatewayServices["changes"],
): GatewayServices {
  return {
    host: "127.0.0.1",
    port: 0,
    publicUrl: "https://onsale.example/",
    clock: { now: () => Date.now() },
    logger: pino({ level: "silent" }),
    tokens: testTokens,
    sessions: {
      openGuest: (email) => ({
        ...testBuyer(),
        outcome: "opened",
        token: tokenOf(testBuyer()),
        email,
        endsAtMs: 1_800_000_000_000,
      }),
      openAccount: async () => ({ outcome: "credentials_wrong" }),
    },
    catalogue: {
      list: async () => [testEvent],
      find: async (id) => (id === eventId ? testEvent : undefined),
    },
    rooms: {
      configure: async () => {},
      join: async () => ({ outcome: "joined", standing: waiting, receipt: "receipt", fresh: true }),
      standing: async () => waiting,
      takeTurn: async () => ({ outcome: "admitted", pass: "pass", endsAtMs: 1_800_000_000_000 }),
      leave: async () => {},
    },
    roomNews: news,
    changes,
    seats: { snapshot: async () => ({ version: 7, free: 3, seats: "ffhsf" }) },
    bookings: {
      book: async ({ buyer }) => ({ outcome: "booked", booking: testBooking(buyer.buyerId), fresh: true }),
      find: async (buyerId, id) => [testBooking(buyerId)].find((booking) => booking.id === id),
    },
    payments: {
      start: async ({ bookingId }) => ({
        outcome: "started",
        fresh: true,
        payment: {
          id: uuidFromParts("payment") as never,
          bookingId,
          provider: "sandbox",
          providerPaymentId: null,
          status: "pending",
          amount: { amountMinor: 4_500n, currency: "EUR" },
          payUrl: "http://127.0.0.1:1/pay",
        },
      }),
    },
    inbox: { receive: async () => ({ outcome: "stored" }) },
    tickets: {
      find: async (_, id) => ({
        id,
        bookingId: uuidFromParts("booking", "1") as never,
        event: { id: eventId, title: testEvent.title, startsAtMs: testEvent.startsAtMs },
        section: { id: seatedId, name: "Section seated" },
        position: 0,
        seatNumber: 3,
        label: { row: "B", seat: "1" },
        code: "c0de",
        status: "valid",
        issuedAtMs: 1_799_000_000_000,
      }),
    },
    checks: { redis: async () => {}, postgres: async () => {}, queue: async () => {} },
  };
}

export type TestGateway = Gateway & { readonly url: string; readonly feeds: TestFeeds };

/** A gateway on a real socket, over parts in memory; `services` and `bounds` replace what a test is about. */
export async function startTestGateway(
  services: Partial<GatewayServices> = {},
  bounds: { http?: Partial<Bounds["http"]>; socket?: Partial<Bounds["socket"]>; drainMs?: number } = {},
): Promise<TestGateway> {
  const news = createFeed<RoomNews>();
  const changes = createFeed<BookingChange>();
  const gateway = await startGateway(
    { ...testServices(news, changes), ...services },
    {
      http: { ...defaultBounds.http, ...bounds.http },
      socket: { ...defaultBounds.socket, ...bounds.socket },
      drainMs: bounds.drainMs ?? 500,
    },
  );
  onTestFinished(() => gateway.stop("the test ends"));
  return {
    ...gateway,
    url: `http://127.0.0.1:${gateway.port}`,
    feeds: {
      news: (message) => {
        for (const listener of news.listeners) listener(message);
      },
      change: (message) => {
        for (const listener of changes.listeners) listener(message);
      },
      open: () => news.listeners.size + changes.listeners.size,
      opened: () => news.opened() + changes.opened(),
    },
  };
}
