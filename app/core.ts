import { createBookings } from "../booking-core/bookings/bookings.ts";
import { createChangeOfMind } from "../booking-core/bookings/change-of-mind.ts";
import { createChanges } from "../booking-core/bookings/changes.ts";
import { createCatalogue } from "../booking-core/events/catalogue.ts";
import { createReadModel } from "../booking-core/events/read-model/read-model.ts";
import { configuredProviders } from "../booking-core/payments/payment-providers.ts";
import { createEmailCodes } from "../booking-core/people/email-codes.ts";
import { createRoomCodes } from "../booking-core/rooms/room-codes.ts";
import { createRoomRecords } from "../booking-core/rooms/room-records.ts";
import { createRoomStore } from "../booking-core/rooms/room-store.ts";
import { createSaleControl } from "../booking-core/sale/sale-control.ts";
import { createSeatEngine } from "../booking-core/seats/seat-engine.ts";
import { createTicketKeys } from "../booking-core/tickets/ticket-keys.ts";
import { systemClock } from "../foundation/clock.ts";
import type { Config } from "../foundation/config.ts";
import { uuidSource } from "../foundation/ids.ts";
import { startJobs } from "../foundation/jobs/boss.ts";
import type { Logger } from "../foundation/log.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { connectRedis } from "../foundation/redis/connect.ts";
import { createShardedChannels } from "../foundation/redis/sharded-channels.ts";
import { createTokens } from "../foundation/tokens.ts";
import { createRoomControl } from "../queue-admission/room-control.ts";
import { createRooms } from "../queue-admission/rooms.ts";
import { publishingOf } from "./publishing.ts";

export type Core = Awaited<ReturnType<typeof createCore>>;

/** What every role is made of, whichever of them this process holds. Closed once, after the roles have stopped. */
export async function createCore(config: Config, logger: Logger) {
  const clock = systemClock;
  const ids = uuidSource;
  const pool = createPool(config.DATABASE_URL, config.DATABASE_CONNECTIONS);
  pool.on("error", (error) => logger.warn({ err: error }, "an idle connection to Postgres broke"));
  const redis = connectRedis(config.REDIS_URL, logger);
  const jobs = await startJobs(config.DATABASE_URL, logger, { work: config.ONSALE_ROLES.includes("worker") });
  const tokens = createTokens(config.TOKEN_SECRET);
  const channels = createShardedChannels(redis);
  const emailCodes = createEmailCodes({ pool, jobs, redis, clock, secret: config.TOKEN_SECRET });
  const seats = createSeatEngine({ redis, clock });
  const readModel = createReadModel({ pool, redis, databaseUrl: config.DATABASE_URL });
  const catalogue = createCatalogue({ readModel, clock, logger });
  const changes = createChanges(redis, channels);
  const rooms = createRooms({ redis, clock, tokens });
  const roomControl = createRoomControl({ redis, clock });
  const roomStore = createRoomStore({ pool, ids, clock });
  const roomCodes = createRoomCodes({ pool, ids, clock });
  const roomRecords = createRoomRecords({ pool, seats, catalogue, clock });
  const publishing = publishingOf({ pool, seats, roomControl });
  const bookings = createBookings({ pool, jobs, seats, catalogue, clock, logger });
  const changeOfMind = createChangeOfMind({ pool, jobs, seats, changes, clock, logger });
  const saleControl = createSaleControl({ pool, jobs, seats, ids, clock, logger });
  const ticketKeys = createTicketKeys({ pool, clock, secret: config.TOKEN_SECRET });
  const providers = await configuredProviders(config);
  const close = async () => {
    await jobs.stop();
    await pool.end();
    redis.disconnect();
  };
  return {
    clock,
    ids,
    logger,
    pool,
    redis,
    jobs,
    tokens,
    channels,
    emailCodes,
    seats,
    readModel,
    catalogue,
    changes,
    rooms,
    roomControl,
    roomStore,
    roomCodes,
    roomRecords,
    publishing,
    bookings,
    changeOfMind,
    saleControl,
    providers,
    ticketKeys,
    close,
  };
}
