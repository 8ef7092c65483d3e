import { createInbox } from "../../booking-core/payments/inbox.ts";
import { createPayments } from "../../booking-core/payments/payments.ts";
import { createSessions } from "../../booking-core/people/sessions.ts";
import { createTickets } from "../../booking-core/tickets/tickets.ts";
import type { Config } from "../../foundation/config.ts";
import { startGateway } from "../../gateway/server.ts";
import { createRoomNewsFeed } from "../../queue-admission/room-news-feed.ts";
import type { Core } from "../core.ts";
import type { RunningRole } from "./running-role.ts";

/** The face to buyers and to the payment provider. */
export async function startGatewayRole(core: Core, config: Config): Promise<RunningRole> {
  const gateway = await startGateway({
    ...core,
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    publicUrl: config.PUBLIC_URL,
    sessions: createSessions(core),
    roomNews: createRoomNewsFeed(core.channels),
    payments: createPayments({ ...core, publicUrl: config.PUBLIC_URL }),
    inbox: createInbox(core),
    tickets: createTickets(core),
    checks: {
      redis: async () => {
        await core.redis.ping();
      },
      postgres: async () => {
        await core.pool.query("select 1");
      },
      queue: () => core.jobs.check(),
    },
  });
  return {
    stop: async () => {
      await gateway.stop("the server is restarting");
      await core.bookings.drain();
    },
  };
}
