import { randomUUID } from "node:crypto";
import { pino } from "pino";
import type {
  BestAvailable,
  BookingWish,
  BookRequest,
  Manual,
} from "../../booking-core/bookings/book-request.ts";
import type { Booking } from "../../booking-core/bookings/booking.ts";
import { type Bookings, createBookings } from "../../booking-core/bookings/bookings.ts";
import { createChanges } from "../../booking-core/bookings/changes.ts";
import { type BookingJobParts } from "../../booking-core/bookings/jobs.ts";
import { type Catalogue, createCatalogue } from "../../booking-core/events/catalogue.ts";
import {
  createEvent,
  createSeatingPlan,
  createVenue,
  type NewOffer,
} from "../../booking-core/events/create-event.ts";
import type {
  BuyingRules,
  HousePool,
  OnsaleEvent,
  RefundPolicy,
  Section,
} from "../../booking-core/events/event.ts";
import type { PlannedSection } from "../../booking-core/events/plan.ts";
import { publishEvent } from "../../booking-core/events/publish.ts";
import { createChangePublisher } from "../../booking-core/events/read-model/publish-changes.ts";
import { createReadModel, type ReadModel } from "../../booking-core/events/read-model/read-model.ts";
import type { RoomsToPublish } from "../../booking-core/rooms/publish-room.ts";
import { lettersOf } from "../../booking-core/seats/seat-bytes.ts";
import { createSeatEngine, type SeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { type Clock, systemClock } from "../../foundation/clock.ts";
import { type BuyerId, type EventId, identityFrom, uuidSource } from "../../foundation/ids.ts";
import { startJobs } from "../../foundation/jobs/boss.ts";
import { createPool, inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { createShardedChannels } from "../../foundation/redis/sharded-channels.ts";
import { defaultRoom, type RoomSettings } from "../../queue-admission/room-settings.ts";
import { createTestDatabase } from "./database.ts";
import { connectTestRedis } from "./redis.ts";

/** Booking-core on the real parts, with a database of its own, as one process would hold it. */
export type Shop = BookingJobParts & {
  readonly redis: Redis;
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly seats: SeatEngine;
  readonly readModel: ReadModel;
  /** What a worker does four times a second: edits come to Redis, where the catalogues see them. */
  publishChanges(): Promise<void>;
  readonly catalogue: Catalogue;
  readonly bookings: Bookings;
  close(): Promise<void>;
};

export const silent = pino({ level: "silent" });

export async function openShop(options: { clock?: Clock; work?: boolean } = {}): Promise<Shop> {
  const clock = options.clock ?? systemClock;
  const database = await createTestDatabase();
  const redis = connectTestRedis();
  const pool = createPool(database.url, 8);
  const jobs = await startJobs(database.url, silent, { work: options.work ?? false });
  const seats = createSeatEngine({ redis, clock });
  const readModel = createReadModel({ pool, redis, databaseUrl: database.url });
  const catalogue = createCatalogue({ readModel, clock, logger: silent });
  const changes = createChanges(redis, createShardedChannels(redis));
  const publishChanges = createChangePublisher(readModel);
  const parts = { pool, jobs, seats, readModel, publishChanges, catalogue, changes, clock, logger: silent };
  const close = async () => {
    await jobs.stop();
    await pool.end();
    redis.disconnect();
    await database.drop();
  };
  return { ...parts, redis, databaseUrl: database.url, bookings: createBookings(parts), close };
}

export type TestEventOptions = {
  readonly title?: string;
  readonly sections?: readonly PlannedSection[];
  readonly paymentWindowMs?: number;
  readonly room?: Partial<RoomSettings>;
  readonly rules?: Partial<BuyingRules>;
  readonly pools?: readonly HousePool[];
  readonly currency?: string;
  readonly refundPolicy?: RefundPolicy;
  /** Of every section; the first sells the rows without a category. */
  readonly offers?: readonly TestOffer[];
};

type TestOffer = Pick<NewOffer, "category" | "faceMinor" | "charges"> & { readonly maxPerBooking?: number };
const standardOffer: TestOffer = { category: "standard", faceMinor: 4_500n };

/** Their best seats are the first. */
export const rowsOf = (...seats: number[]): PlannedSection => ({
  name: `seated ${seats.join(" ")}`,
  kind: "seated",
  rows: seats.map((count, index) => ({ label: String(index + 1), seats: count, centre: 0 })),
});

export const standingOf = (capacity: number): PlannedSection => ({
  name: `standing ${capacity}`,
  kind: "standing",
  capacity,
});

/** Of shops whose tests are about seats and bookings: nobody waits there. */
export const withoutRooms: RoomsToPublish = { isThere: async () => true, configure: async () => undefined };

/** An active event, its sections published to Redis; its room stays in Postgres. */
export async function openEvent(shop: Shop, options: TestEventOptions = {}): Promise<OnsaleEvent> {
  const eventId = await inTransaction(shop.pool, (sql) => insertEvent(sql, options));
  await publishEvent({ ...shop, rooms: withoutRooms }, eventId);
  await shop.readModel.publish(eventId);
  for (;;) {
    const event = await shop.catalogue.find(eventId);
    if (event !== undefined) return event;
  }
}

export async function insertEvent(sql: Sql, options: TestEventOptions = {}): Promise<EventId> {
  const sections = options.sections ?? [rowsOf(10, 10)];
  const venueId = await createVenue(sql, uuidSource, { name: "Test hall", city: "Testville" });
  return createEvent(sql, uuidSource, {
    venueId,
    seatingPlanId: await createSeatingPlan(sql, uuidSource, { venueId, name: "plan", sections }),
    title: options.title ?? "Test event",
    description: "For a test.",
    startsAtMs: Date.now() + 86_400_000,
    currency: options.currency ?? "EUR",
    paymentWindowMs: options.paymentWindowMs ?? 900_000,
    room: { ...defaultRoom, cap: 100, ratePerMinute: 60_000, turnWindowMs: 30_000, ...options.room },
    sections: sections.map((planned) => ({
      planned,
      offers: (options.offers ?? [standardOffer]).map((offer) => ({
        maxPerBooking: 8,
        ...offer,
        salesFromMs: 0,
        salesUntilMs: Date.now() + 86_000_000,
      })),
    })),
    ...(options.rules && { rules: options.rules }),
    ...(options.refundPolicy && { refundPolicy: options.refundPolicy }),
    ...(options.pools && { pools: options.pools }),
  });
}

export function sectionOf({ sections }: OnsaleEvent, place = 0): Section {
  const section = sections[place];
  if (section === undefined) throw new Error(`an event without a section ${place}`);
  return section;
}

/** The booking that comes of the request; throws where none does. */
export async function bookNow({ bookings }: Pick<Shop, "bookings">, request: BookRequest): Promise<Booking> {
  const outcome = await bookings.book(request);
  if (outcome.outcome !== "booked") throw new Error(outcome.outcome);
  return outcome.booking;
}

/** A letter a seat, as buyers see the section. */
export async function lettersIn(
  { seats }: Pick<Shop, "seats">,
  event: OnsaleEvent,
  place = 0,
): Promise<string> {
  return lettersOf((await seats.snapshot(event.id, sectionOf(event, place).id))?.seats ?? "");
}

let buyers = 0;

export function newBuyer(): { buyerId: BuyerId; email: string; identity: string } {
  buyers += 1;
  const email = `buyer-${buyers}@onsale.example`;
  return { buyerId: uuidSource.next<BuyerId>(), email, identity: identityFrom("email", email) };
}

type InSection = Omit<BestAvailable, "sectionId"> | Omit<Manual, "sectionId">;

export const best = (quantity: number, more: Partial<BestAvailable> = {}) =>
  ({ mode: "best-available", quantity, ...more }) as const satisfies BestAvailable;

export const manual = (...seatNumbers: number[]) =>
  ({ mode: "manual", seatNumbers }) as const satisfies Omit<Manual, "sectionId">;

/** The wish for one section; without its place, of the first. */
export function wishIn(event: OnsaleEvent, wish: InSection, place = 0): BookingWish {
  return { ...wish, sectionId: sectionOf(event, place).id };
}

/** Several wishes are taken as they are; one alone is for the first section, or for the one at that place. */
export function bookRequest(
  event: OnsaleEvent,
  wish: InSection | readonly BookingWish[],
  options: { section?: number; buyer?: BookRequest["buyer"]; key?: string; code?: string } = {},
): BookRequest {
  const { section, buyer = newBuyer(), key: idempotencyKey = randomUUID(), code } = options;
  const wishes = "mode" in wish ? [wishIn(event, wish, section)] : wish;
  return { eventId: event.id, wishes, buyer, idempotencyKey, ...(code !== undefined && { code }) };
}
