import { pino } from "pino";
import type { Booking, BookingChange } from "../booking-core/bookings/booking.ts";
import type { Payment } from "../booking-core/payments/payment.ts";
import type { SectionWatch } from "../booking-core/seats/followed-section.ts";
import type { EventId, SectionId } from "../foundation/ids.ts";
import { uuidFromParts } from "../foundation/ids.ts";
import { createHealthWindow } from "../queue-admission/health-window.ts";
import type { Lane } from "../queue-admission/lanes.ts";
import { createPresence } from "../queue-admission/presence.ts";
import type { RoomNews, RoomTick } from "../queue-admission/room.ts";
import { defaultRoom } from "../queue-admission/room-settings.ts";
import type { RoomRules, RoomWatch } from "../queue-admission/room-watch.ts";
import type { GatewayServices } from "./services.ts";
import { eventId, testBooking, testBuyer, testEvent, testTokens, tokenOf } from "./test-data.ts";
import { testNotificationLog, testStuckWork } from "./test-stuck-work.ts";
import { testTicketServices } from "./test-tickets.ts";

/** The words of the room's driver and of the bookings, said by the test; each event has its listeners. */
export type TestFeeds = {
  news(news: RoomNews): void;
  change(change: BookingChange): void;
  /** How many subscriptions are open now, and how many there ever were. */
  readonly open: () => number;
  readonly opened: () => number;
};

export function createFeed<Message>() {
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

const testRules = {
  ...{ mostPerIdentity: null, allowsSingles: true, extensionMs: 60_000, refundPolicy: null },
  pools: [{ seatClass: 4, name: "artists", codeHash: "hash" }],
};

const waiting = { outcome: "waiting", lane: "general", number: 12, ahead: 4, state: "open" } as const;

export const testPayment: Payment = {
  id: uuidFromParts("payment") as never,
  bookingId: null,
  buyerId: uuidFromParts("buyer") as never,
  purpose: "booking",
  provider: "sandbox",
  providerPaymentId: null,
  status: "pending",
  amount: { amountMinor: 4_500n, currency: "EUR" },
  walletMinor: 0n,
  walletState: "none",
  otherSeats: false,
  language: "en",
  received: null,
  refundedMinor: 0n,
  walletRefundedMinor: 0n,
  problem: null,
  payUrl: "http://127.0.0.1:1/pay",
};

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
export function testWatches(
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
  const now = () => watch;
  return { presence, watches: { open: async () => watch, opened: now, known: now, stop: async () => {} } };
}

/** Every section stands the same, and never changes. */
function testSectionWatches(): GatewayServices["sectionWatches"] {
  const picture = { version: 7, epoch: 1, free: [3], held: [1], seats: Buffer.from("00120") };
  const watchOf = (event: EventId, sectionId: SectionId): SectionWatch => ({
    eventId: event,
    sectionId,
    picture: () => picture,
    isCurrent: () => true,
    isOpen: () => true,
    listen: () => () => {},
  });
  return { open: async (event, id) => watchOf(event, id), known: (id) => watchOf(eventId, id) };
}

export function testServices(
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
      hereAgain: async () => waiting,
      takeTurn: async () => ({
        outcome: "admitted",
        pass: "pass",
        passNumber: 1,
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
    sectionWatches: testSectionWatches(),
    bookings: {
      book: async ({ buyer }) => ({ outcome: "booked", booking: testBooking(buyer.buyerId), fresh: true }),
      find: async (buyerId, id) => [testBooking(buyerId)].find((booking) => booking.id === id),
    },
    changeOfMind: {
      giveBack: async ({ buyerId }) => ({ outcome: "changed", booking: testBooking(buyerId), fresh: true }),
      cancel: async ({ buyerId }) => ({
        outcome: "changed",
        booking: { ...testBooking(buyerId), status: "cancelled", seats: [] },
        fresh: true,
      }),
      putOff: async ({ buyerId }) => ({
        outcome: "changed",
        booking: { ...testBooking(buyerId), extended: true },
        fresh: true,
      }),
    },
    saleControl: {
      rules: async () => testRules,
      changeRules: async (_, __, changes) => ({ ...testRules, ...changes }),
      setPool: async () => ({ outcome: "set", pools: testRules.pools, fresh: true }),
      markSeats: async (_, { seatNumbers }) => ({ outcome: "marked", marked: seatNumbers.length }),
    },
    bookingHistory: async ({ buyerId }) => ({ bookings: [testBooking(buyerId)], next: undefined }),
    payments: {
      start: async ({ bookingId }) => ({
        outcome: "started",
        fresh: true,
        payment: { ...testPayment, bookingId },
      }),
    },
    ownPayments: {
      find: async (buyerId, id) => ({ ...testPayment, id, buyerId }),
      ofBooking: async (buyerId, bookingId) => [{ ...testPayment, buyerId, bookingId }],
    },
    refunds: {
      quote: async () => ({
        outcome: "quoted",
        provider: { amountMinor: 4_500n, currency: "EUR" },
        wallet: { amountMinor: 0n, currency: "EUR" },
        positions: [0],
      }),
      askedByBuyer: async (buyerId) => refunded(testBooking(buyerId)),
      byOrganiser: async () => refunded(testBooking(uuidFromParts("buyer") as never)),
      ofParkedPayment: async () => {
        const { refund } = refunded(testBooking(uuidFromParts("buyer") as never));
        return { outcome: "refunded", fresh: true, refund };
      },
      list: async () => [],
    },
    bookingFiles: {
      find: async (id) => ({
        booking: { ...testBooking(uuidFromParts("buyer") as never), id },
        payments: [{ ...testPayment, bookingId: id }],
        refunds: [],
      }),
    },
    cancellations: { cancel: async (_, id) => cancellationOf(id), find: async (id) => cancellationOf(id) },
    topUps: {
      start: async ({ amount }) => ({
        outcome: "started",
        fresh: true,
        payment: { ...testPayment, purpose: "top_up", amount },
      }),
    },
    wallets: { balances: async () => [], history: async () => ({ entries: [], next: undefined }) },
    eventLedger: { balances: async () => [], entries: async () => ({ entries: [], next: undefined }) },
    inbox: { receive: async () => ({ outcome: "stored" }) },
    ...testTicketServices,
    notificationLog: testNotificationLog,
    stuckWork: testStuckWork,
    checks: { redis: async () => {}, postgres: async () => {}, queue: async () => {} },
  };
}

function cancellationOf(id: EventId) {
  if (id !== eventId) return undefined;
  const counts = { bookings: 3, refunded: 2, pending: 1, parked: 0, parkedPayments: 1 };
  return { eventId, startedAtMs: 1_799_000_000_000, finishedAtMs: null, ...counts };
}

function refunded(booking: Booking) {
  const { id: bookingId, total } = booking;
  const id = uuidFromParts("refund") as never;
  const of = { paymentId: uuidFromParts("payment") as never, bookingId, provider: "sandbox" as const };
  const money = { amountMinor: total.amountMinor, walletMinor: 0n, currency: total.currency };
  const state = {
    status: "pending" as const,
    problem: null,
    attempt: 0,
    providerPaymentId: null,
    createdAtMs: 0,
  };
  const refund = { id, ...of, ...money, ...state, reason: "buyer" as const, positions: [0] };
  return { outcome: "refunded" as const, fresh: true, booking, refund };
}
