import type { Command } from "commander";
import { createNotificationLog } from "../booking-core/notifications/notification-log.ts";
import { refundParkedPayment } from "../booking-core/refunds/refund-parked-payment.ts";
import { createStuckWork, type StuckOutcome, type StuckWork } from "../booking-core/stuck-work/stuck-work.ts";
import { systemClock } from "../foundation/clock.ts";
import { isUuid, type PaymentId, uuidSource } from "../foundation/ids.ts";
import { startJobs } from "../foundation/jobs/boss.ts";
import { createLogger } from "../foundation/log.ts";
import type { Page, PageCursor } from "../foundation/pages.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { runningConfig } from "./running-config.ts";

type Options = { readonly data: string };

/** Who has the database may do it; the audit log says that it came from here. */
const actor = { id: null, email: "command line" };
const pageSize = 100;

export function addStuckWork(program: Command): void {
  const letters = program.command("dead-letters").description("jobs that failed as often as they may");
  addList(letters, (stuck, after) => stuck.deadLetters({ limit: pageSize, after }));
  addAgain(letters, "retry", "put a job back into its queue", (stuck, id) =>
    stuck.retryDeadLetter(actor, id),
  );
  const webhooks = program
    .command("webhooks")
    .description("messages of the payment provider that are parked");
  addList(webhooks, (stuck, after) => stuck.parkedWebhooks({ limit: pageSize, after }));
  addAgain(webhooks, "replay", "settle a parked message anew", (stuck, id) => stuck.replayWebhook(actor, id));
  const dismiss: Again = (stuck, id) => stuck.dismissWebhook(actor, id);
  addAgain(webhooks, "dismiss", "take note of a parked message, once all is done", dismiss, "dismissed");
  const payments = program
    .command("payments")
    .description("payments whose money has come and bought nothing, until somebody sends it back");
  addList(payments, (stuck, after) => stuck.parkedPayments({ limit: pageSize, after }));
  addRefundPayments(payments);
  addEmails(program.command("emails").description("e-mails that failed, until somebody has seen to them"));
}

function addEmails(emails: Command): void {
  addList(emails, (_, after, parts) =>
    createNotificationLog(parts).list({ limit: pageSize, status: "failed", after }),
  );
  addAgain(emails, "resend", "try an e-mail that failed for two more days", async (_, id, parts) =>
    (await createNotificationLog(parts).resend(actor, id)) === "queued" ? "done" : "not_stuck",
  );
  const dismiss: Again = async (_, id, parts) =>
    (await createNotificationLog(parts).dismiss(actor, id)) === "dismissed" ? "done" : "not_stuck";
  addAgain(emails, "dismiss", "take note of an e-mail that nobody will get", dismiss, "dismissed");
}

/** Its own words: what goes back is money, and the audit log says why. */
function addRefundPayments(payments: Command): void {
  payments
    .command("refund")
    .argument("<ids...>")
    .requiredOption("--why <text>", "for the audit log")
    .description("give all that has come of parked payments back")
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .action((ids: PaymentId[], options: Options & { readonly why: string }) =>
      withStuckWork(options, async (_, parts) => {
        for (const id of ids) {
          const known = isUuid(id) && (await refundParkedPayment(parts, actor, id, options.why));
          const done = known !== false && known.outcome === "refunded";
          process.stdout.write(`${id}: ${done ? "on its way back" : "nothing holds it up"}\n`);
          if (!done) process.exitCode = 1;
        }
      }),
    );
}

type ReadPage = (stuck: StuckWork, after: PageCursor | undefined, parts: Parts) => Promise<Page<object>>;

function addList(command: Command, read: ReadPage): void {
  command
    .command("list")
    .description("one JSON object a line, the newest first")
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .action((options: Options) =>
      withStuckWork(options, async (stuck, parts) => {
        let after: PageCursor | undefined;
        do {
          const page = await read(stuck, after, parts);
          for (const item of page.items) process.stdout.write(`${JSON.stringify(item, plain)}\n`);
          after = page.next;
        } while (after !== undefined);
      }),
    );
}

type Again = (stuck: StuckWork, id: string, parts: Parts) => Promise<StuckOutcome>;

/** Exits 1 where one of them is not held up. */
function addAgain(
  command: Command,
  name: string,
  description: string,
  again: Again,
  said = "queued again",
): void {
  command
    .command(name)
    .argument("<ids...>")
    .description(description)
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .action((ids: string[], options: Options) =>
      withStuckWork(options, async (stuck, parts) => {
        for (const id of ids) {
          const outcome = isUuid(id) ? await again(stuck, id, parts) : "not_stuck";
          process.stdout.write(`${id}: ${outcome === "done" ? said : "nothing holds it up"}\n`);
          if (outcome !== "done") process.exitCode = 1;
        }
      }),
    );
}

type Parts = Parameters<typeof createStuckWork>[0];

async function withStuckWork(
  options: Options,
  work: (stuck: StuckWork, parts: Parts) => Promise<void>,
): Promise<void> {
  const config = runningConfig(options.data, process.env);
  const pool = createPool(config.DATABASE_URL, 2);
  const jobs = await startJobs(config.DATABASE_URL, createLogger("stuck-work", config.LOG_LEVEL), {
    work: false,
  });
  try {
    const parts = { pool, jobs, ids: uuidSource, clock: systemClock };
    await work(createStuckWork(parts), parts);
  } finally {
    await jobs.stop();
    await pool.end();
  }
}

const plain = (_: string, value: unknown) => (typeof value === "bigint" ? Number(value) : value);
