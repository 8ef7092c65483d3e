import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { Booking, BookingChange } from "../booking-core/bookings/booking.ts";
import type { OnsaleEvent } from "../booking-core/events/event.ts";
import type { BuyerId, EventId, SectionId } from "../foundation/ids.ts";
import { identityFrom, uuidFromParts } from "../foundation/ids.ts";
import { createTokens, type TokenClaims } from "../foundation/tokens.ts";
import { createHealthWindow } from "../queue-admission/health-window.ts";
import type { Lane } from "../queue-admission/lanes.ts";
import { createPresence } from "../queue-admission/presence.ts";
import type { RoomNews, RoomTick } from "../queue-admission/room.ts";
import { defaultRoom } from "../queue-admission/room-settings.ts";
import type { RoomRules, RoomWatch } from "../queue-admission/room-watch.ts";
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
  const watchNow = (listener: (message: Message) => void) => {
    listeners.add(listener);
    opened += 1;
    return () => void listeners.delete(listener);
  };
  return {
    listeners,
    opened: () => opened,
    watch: async (_: EventId, listener: (message: Message) => void) => {
      const end = watchNow(listener);
      return async () => end();
    },
    watchNow,
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

const waiting = { outcome: "waiting", lane: "general", number: 12, ahead: 4, state: "open" } as const;

/** A tick of a room with one lane, served so far. */
export function tickAt(served: number, more: Partial<RoomTick> = {}): RoomTick {
  const lane: Lane = { name: "general", last: 1_000_000, reserved: 1_100_000, served, drawn: 0, gaps: [] };
  return {
    kind: "tick",
    state: "open",
    soldOut: false,
    lanes: [lane],
    waiting: 100,
    incarnation: 1,
    revocations: 0,
    drawing: false,
    pulse: null,
    ...more,
  };
}

/** What a gateway knows of a room, as the test says it: its news come from the feed. */
function testWatches(
  feed: ReturnType<typeof createFeed<RoomNews>>,
  rules: Partial<RoomRules>,
  first: RoomTick | undefined,
) {
  const presence = createPresence({ window: 600, below: 100 });
  const revoked = new Set<number>();
  let tick = first;
  feed.listeners.add((news) => {
    if (news.kind === "tick") tick = news;
    if (news.kind === "revoked") revoked.add(news.pass);
  });
  const clock = { now: () => Date.now() };
  const watch: RoomWatch = {
    eventId,
    tick: () => tick,
    listen: (listener) => feed.watchNow(listener),
    presence,
    graceUntilMs: () => Date.now() + 1_000,
    bookings: createHealthWindow(clock),
    isRevoked: (pass) => revoked.has(pass),
    rules: () => ({ ...defaultRoom, proofBits: 0, ...rules }),
  };
  return { presence, watches: { open: async () => watch, known: () => watch, stop: async () => {} } };
}

function testServices(
  roomWatches: GatewayServices["roomWatches"],
  changes: GatewayServices["changes"],
): GatewayServices {
  return {
    host: "127.0.0.1",
    port: 0,
    publicUrl: "https://onsale.example/",
    clock: { now: () => Date.now() },
    logger: pino({ level: "silent" }),
    tokens: testTokens,
    guardSecret: "another secret of the tests, thirty-two",
    trustedProxies: 0,
    metricsToken: "the token of the tests' metrics, long",
    sessions: {
      openGuest: (email) => ({
        ...testBuyer(),
        outcome: "opened",
        token: tokenOf(testBuyer()),
        email,
        endsAtMs: 1_800_000_000_000,
      }),
      openAccount: async () => ({ outcome: "credentials_wrong" }),
      requestCode: async () => {},
      openVerified: async () => ({ outcome: "code_wrong" }),
    },
    catalogue: {
      list: async () => [testEvent],
      find: async (id) => (id === eventId ? testEvent : undefined),
    },
    rooms: {
      join: async () => ({ outcome: "joined", standing: waiting, receipt: "receipt", fresh: true }),
      standing: async () => waiting,
      takeTurn: async () => ({
        outcome: "admitted",
        pass: "pass",
        endsAtMs: 1_800_000_000_000,
        renewalsLeft: 1,
      }),
      renewPass: async () => ({ outcome: "renewals_used" }),
      leave: async () => "left",
      restore: async () => ({ outcome: "known" }),
      readmit: async () => ({ outcome: "readmitted" }),
    },
    roomWatches,
    roomControl: {
      isThere: async () => true,
      configure: async () => "configured",
      overview: async () => ({ stats: undefined, minutes: [] }),
      allStats: async () => new Map(),
    },
    roomStore: {
      find: async () => ({ settings: defaultRoom, commitment: "", beaconSource: null, beacon: null }),
      change: async (_, __, apply) => apply(defaultRoom),
      announceBeacon: async () => "announced",
      revealBeacon: async () => "revealed",
      audit: async () => [],
      note: async () => {},
    },
    publishRoom: async () => {},
    roomCodes: { create: async () => ({ outcome: "created", codes: ["CODE"] }) },
    draw: async (id) => ({ eventId: id, commitment: "00".repeat(32) }),
    drawProofs: { proof: async () => "draw_missing", number: async () => undefined },
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

export type TestGateway = Gateway & {
  readonly url: string;
  readonly feeds: TestFeeds;
  /** Who counts as here, as the driver is told. */
  readonly here: (served?: number) => string;
};

/** As if nothing was limited: tests come from one address. */
const freeRates = { perMinute: 1_000_000, burst: 1_000_000 };
const noLimits = {
  joins: freeRates,
  sessions: freeRates,
  upgrades: freeRates,
  guesses: freeRates,
  joinsOfIdentity: freeRates,
};

type TestBounds = {
  http?: Partial<Bounds["http"]>;
  socket?: Partial<Bounds["socket"]>;
  rates?: Partial<Bounds["rates"]>;
  drainMs?: number;
  rules?: Partial<RoomRules>;
  tick?: RoomTick;
};

/** A gateway on a real socket, over parts in memory; `services` and `bounds` replace what a test is about. */
export async function startTestGateway(
  services: Partial<GatewayServices> = {},
  bounds: TestBounds = {},
): Promise<TestGateway> {
  const news = createFeed<RoomNews>();
  const changes = createFeed<BookingChange>();
  const { watches, presence } = testWatches(news, bounds.rules ?? {}, bounds.tick);
  const gateway = await startGateway(
    { ...testServices(watches, changes), ...services },
    {
      http: { ...defaultBounds.http, ...bounds.http },
      socket: { ...defaultBounds.socket, ...bounds.socket },
      rates: { ...noLimits, ...bounds.rates },
      rateKeys: 1_000,
      drainMs: bounds.drainMs ?? 500,
    },
  );
  onTestFinished(() => gateway.stop("the test ends"));
  return {
    ...gateway,
    url: `http://127.0.0.1:${gateway.port}`,
    here: (served = 0) => presence.describe([served], Date.now()),
    feeds: {
      news: (message) => {
        for (const listener of news.listeners) listener(message);
      },
      change: (message) => {
        for (const listener of changes.listeners) listener(message);
      },
      // Less the watch of the test itself.
      open: () => news.listeners.size - 1 + changes.listeners.size,
      opened: () => news.opened() + changes.opened(),
    },
  };
}
