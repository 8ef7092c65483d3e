import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { applyHoldsOfJobs, expireBookings, expireOverdue } from "../../booking-core/bookings/jobs.ts";
import { createOrphanSearch } from "../../booking-core/bookings/orphan-holds.ts";
import { publishEvents, publishMissing } from "../../booking-core/events/publish.ts";
import { createChangePublisher } from "../../booking-core/events/read-model/publish-changes.ts";
import { createMailer } from "../../booking-core/notifications/mailer.ts";
import { sendEmail } from "../../booking-core/notifications/send-email.ts";
import { takeUpForgotten } from "../../booking-core/payments/forgotten-messages.ts";
import { settleWebhooks } from "../../booking-core/payments/settle-webhooks.ts";
import { askAboutSilentPayments } from "../../booking-core/payments/silent-payments.ts";
import { sendCode } from "../../booking-core/people/send-code.ts";
import { refundCancelledEvents, refundEvent } from "../../booking-core/refunds/refund-event.ts";
import { refundPayments } from "../../booking-core/refunds/refund-payments.ts";
import { askAboutSilentRefunds } from "../../booking-core/refunds/silent-refunds.ts";
import { closeRoom } from "../../booking-core/rooms/publish-room.ts";
import { countIdentities } from "../../booking-core/sale/count-identities.ts";
import { applyMarks } from "../../booking-core/sale/mark-seats.ts";
import { createTicketDrawing } from "../../booking-core/tickets/ticket-drawing.ts";
import { createTicketFiles } from "../../booking-core/tickets/ticket-files.ts";
import { createTicketsLinks } from "../../booking-core/tickets/tickets-link.ts";
import { createComparison } from "../../booking-core/verify/compare-sections.ts";
import { createComparisonLease } from "../../booking-core/verify/comparison-lease.ts";
import { returnWallets } from "../../booking-core/wallet/ended-bookings.ts";
import type { Config } from "../../foundation/config.ts";
import { limits } from "../../foundation/limits.ts";
import { repeat } from "../../foundation/repeat.ts";
import type { Core } from "../core.ts";
import type { RunningRole } from "./running-role.ts";

/** Jobs, and the searches that make up for what a killed process left undone. */
export async function startWorker(core: Core, config: Config): Promise<RunningRole> {
  const { publishing, catalogue } = core;
  // Tried again every few seconds: payments do not wait for an event that cannot be published.
  await publishEvents(publishing).catch((error: unknown) =>
    core.logger.error({ err: error }, "not every event is published"),
  );
  const mailer = createMailer({ smtpUrl: config.SMTP_URL, from: config.MAIL_FROM });
  const mailing = {
    ...{ ...core, mailer },
    ticketsUrlOf: createTicketsLinks(core.tokens, config.PUBLIC_URL).ticketsLink,
    ticketFiles: createTicketFiles({
      pool: core.pool,
      keys: core.ticketKeys,
      drawing: createTicketDrawing(),
    }),
  };
  await core.jobs.work("expire-bookings", { concurrency: 2 }, (data) => expireBookings(core, data));
  await core.jobs.workGroups("apply-holds", limits.booking.holdJobs, (group) =>
    applyHoldsOfJobs(core, group),
  );
  await core.jobs.work("mark-seats", { concurrency: 1 }, (data) => applyMarks(core, data));
  await core.jobs.work("count-identities", { concurrency: 1 }, (data) => countIdentities(core, data));
  const { jobsAtOnce: groupSize, groupsAtOnce: concurrency } = limits.settlement;
  await core.jobs.workGroups("settle-webhook", { groupSize, concurrency }, (group) =>
    settleWebhooks(core, group),
  );
  await core.jobs.workGroups("refund-payment", limits.refunds, (group) => refundPayments(core, group));
  await core.jobs.work("cancel-event", { concurrency: 1 }, async (data) => {
    // The money does not wait for Redis: what does not have the room closed is found by the search below.
    await closeRoom(publishing, data.eventId).catch((error: unknown) =>
      core.logger.warn({ err: error, ...data }, "the room of a cancelled event is closed a little later"),
    );
    await refundEvent(core, data);
  });
  await core.jobs.work("send-email", { concurrency: 4 }, (data) => sendEmail(mailing, data));
  await core.jobs.work("return-wallets", { concurrency: 2 }, (data) => returnWallets(core, data));
  await core.jobs.work("send-code", { concurrency: 4 }, (data) =>
    sendCode({ codes: core.emailCodes, mailer }, data),
  );
  const lease = createComparisonLease(core.redis, `${hostname()}-${process.pid}-${randomUUID()}`);
  const searches = [
    repeat("changed events", 250, core.logger, createChangePublisher(core.readModel)),
    repeat("what Redis does not have", 5_000, core.logger, () =>
      publishMissing({ ...publishing, catalogue }),
    ),
    repeat("overdue bookings", 2_000, core.logger, () => expireOverdue(core)),
    repeat("orphan holds", 2_000, core.logger, createOrphanSearch(core)),
    repeat(
      "differences between Redis and Postgres",
      1_000,
      core.logger,
      createComparison({ ...core, lease }),
    ),
    repeat("silent payments", 15_000, core.logger, () => askAboutSilentPayments(core)),
    repeat("forgotten messages", 60_000, core.logger, async () => {
      await takeUpForgotten(core);
    }),
    repeat("silent refunds", 15_000, core.logger, () => askAboutSilentRefunds(core)),
    repeat("cancelled events", 2_000, core.logger, () => refundCancelledEvents(core)),
  ];
  return {
    stop: async () => {
      await Promise.all(searches.map((search) => search.stop()));
    },
  };
}
