import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { readHistory } from "../../booking-core/bookings/booking-history.ts";
import { createCheckIns } from "../../booking-core/doors/check-ins.ts";
import { createDoorLists } from "../../booking-core/doors/door-list.ts";
import { createDoors } from "../../booking-core/doors/doors.ts";
import { createEventLedger } from "../../booking-core/ledger/event-ledger.ts";
import { createNotificationLog } from "../../booking-core/notifications/notification-log.ts";
import { createInbox } from "../../booking-core/payments/inbox.ts";
import { createOwnPayments } from "../../booking-core/payments/own-payments.ts";
import { createPayments } from "../../booking-core/payments/payments.ts";
import { createSessions } from "../../booking-core/people/sessions.ts";
import { createBookingFiles } from "../../booking-core/refunds/booking-file.ts";
import { createCancellations } from "../../booking-core/refunds/cancel-event.ts";
import { createRefunds } from "../../booking-core/refunds/refunds.ts";
import { publicDraw } from "../../booking-core/rooms/draw-records.ts";
import { publishRoom } from "../../booking-core/rooms/publish-room.ts";
import { createSectionWatches } from "../../booking-core/seats/section-watch.ts";
import { createStuckWork } from "../../booking-core/stuck-work/stuck-work.ts";
import { createTicketDrawing } from "../../booking-core/tickets/ticket-drawing.ts";
import { createTickets } from "../../booking-core/tickets/tickets.ts";
import { createTicketsLinks } from "../../booking-core/tickets/tickets-link.ts";
import { createTopUps } from "../../booking-core/wallet/top-ups.ts";
import { createWallets } from "../../booking-core/wallet/wallets.ts";
import type { Config } from "../../foundation/config.ts";
import { type Bounds, defaultBounds } from "../../gateway/bounds.ts";
import { startGateway } from "../../gateway/server.ts";
import { createDrawProofs } from "../../queue-admission/draw-proofs.ts";
import { createRoomWatches } from "../../queue-admission/room-watch.ts";
import type { Core } from "../core.ts";
import type { RunningRole } from "./running-role.ts";

/** The face to buyers and to the payment provider. */
export async function startGatewayRole(core: Core, config: Config): Promise<RunningRole> {
  const gatewayId = `${hostname()}-${process.pid}-${randomUUID()}`;
  const roomWatches = createRoomWatches({ ...core, gatewayId });
  const ticketDrawing = createTicketDrawing();
  const sectionWatches = createSectionWatches(core);
  const gateway = await startGateway(
    {
      ...core,
      sectionWatches,
      host: config.HTTP_HOST,
      port: config.HTTP_PORT,
      publicUrl: config.PUBLIC_URL,
      sessions: createSessions(core),
      roomWatches,
      publishRoom: (eventId) => publishRoom(core.publishing, eventId),
      bookingHistory: (request) => readHistory(core.pool, request),
      draw: (eventId) => publicDraw(core.pool, eventId),
      drawProofs: createDrawProofs(core),
      guardSecret: config.TOKEN_SECRET,
      trustedProxies: config.TRUSTED_PROXIES,
      metricsToken: config.METRICS_TOKEN,
      payments: createPayments({ ...core, links: createTicketsLinks(core.tokens, config.PUBLIC_URL) }),
      refunds: createRefunds(core),
      cancellations: createCancellations(core),
      topUps: createTopUps({ ...core, publicUrl: config.PUBLIC_URL }),
      wallets: createWallets(core),
      eventLedger: createEventLedger(core),
      ownPayments: createOwnPayments(core),
      bookingFiles: createBookingFiles(core),
      inbox: createInbox(core),
      tickets: createTickets({ pool: core.pool, keys: core.ticketKeys }),
      ticketDrawing,
      doors: createDoors(core),
      doorList: createDoorLists(core),
      checkIns: createCheckIns({ ...core, keys: core.ticketKeys }),
      notificationLog: createNotificationLog(core),
      stuckWork: createStuckWork(core),
      checks: {
        redis: async () => {
          await core.redis.ping();
        },
        postgres: async () => {
          await core.pool.query("select 1");
        },
        queue: () => core.jobs.check(),
      },
    },
    boundsOf(config),
  );
  return {
    stop: async () => {
      await gateway.stop("the server is restarting");
      await Promise.all([roomWatches.stop(), sectionWatches.stop(), ticketDrawing.stop()]);
      await core.bookings.drain();
    },
  };
}

/** What one address may do, as the operator has set it: many buyers can share one. */
function boundsOf({ RATE_PER_ADDRESS: factor }: Config): Bounds {
  const { joinsOfIdentity, ...ofAddress } = defaultBounds.rates;
  const scaled = Object.entries(ofAddress).map(([kind, { perMinute, burst }]) => {
    return [kind, { perMinute: perMinute * factor, burst: burst * factor }] as const;
  });
  return { ...defaultBounds, rates: { joinsOfIdentity, ...Object.fromEntries(scaled) } as Bounds["rates"] };
}
