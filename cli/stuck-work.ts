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
  const retry: Again = (stuck, id) => stuck.retryDeadLetter(actor, id);
  addAgain(letters, "retry", "put a job back into its queue", retry, kinds.letter);
  const webhooks = program
    .command("webhooks")
    .description("messages of the payment provider that are parked");
  addList(webhooks, (stuck, after) => stuck.parkedWebhooks({ limit: pageSize, after }));
  const replay: Again = (stuck, id) => stuck.replayWebhook(actor, id);
  addAgain(webhooks, "replay", "settle a parked message anew", replay, kinds.message);
  const dismiss: Again = (stuck, id) => stuck.dismissWebhook(actor, id);
  addAgain(
    webhooks,
    "dismiss",
    "take note of a parked message, once all is done",
    dismiss,
    kinds.message,
    "dismissed",
  );
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
  const resend: Again = async (_, id, parts) =>
    (await createNotificationLog(parts).resend(actor, id)) === "queued" ? "done" : "not_stuck";
  addAgain(emails, "resend", "try an e-mail that failed for two more days", resend, kinds.email);
  const dismiss: Again = async (_, id, parts) =>
    (await createNotificationLog(parts).dismiss(actor, id)) === "dismissed" ? "done" : "not_stuck";
  addAgain(
    emails,
    "dismiss",
    "take note of an e-mail that nobody will get",
    dismiss,
    kinds.email,
    "dismissed",
  );
}

/** Its own words: what goes back is money, and the audit log says why. */
function addRefundPayments(payments: Command): void {
  payments
    .command("refund")
    .argument("<ids...>")
    .requiredOption("--why <text>", "for the audit log")
    .description("give all that has come of parked payments back")
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .action((ids: PaymentId[], options: Options & { readonly why: string }) => {
      const refund: Again = async (_, id, parts) => {
        const { outcome } = await refundParkedPayment(parts, actor, id as PaymentId, options.why);
        return outcome === "refunded" ? "done" : "not_stuck";
      };
      return doEach(ids, options, refund, kinds.payment, "on its way back");
    });
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
          // Nobody reads on: the rest need not be looked for.
        } while (after !== undefined && process.stdout.writable);
      }),
    );
}

type Again = (stuck: StuckWork, id: string, parts: Parts) => Promise<StuckOutcome>;

/** How one is called, and where it is found; a dead letter that is retried is none any more. */
const kinds = {
  letter: { noun: "dead letter", table: undefined },
  message: { noun: "message", table: "webhook_inbox" },
  payment: { noun: "payment", table: "payments" },
  email: { noun: "e-mail", table: "notifications" },
} as const;

type Kind = (typeof kinds)[keyof typeof kinds];

function addAgain(
  command: Command,
  name: string,
  description: string,
  again: Again,
  kind: Kind,
  said = "queued again",
): void {
  command
    .command(name)
    .argument("<ids...>")
    .description(description)
    .option("--data <folder>", "where `npm start` keeps its data", ".onsale")
    .action((ids: string[], options: Options) => doEach(ids, options, again, kind, said));
}

/** Exits 1 where one of them is not held up. */
function doEach(ids: readonly string[], options: Options, again: Again, kind: Kind, said: string) {
  return withStuckWork(options, async (stuck, parts) => {
    for (const id of ids) {
      const outcome = isUuid(id) ? await again(stuck, id, parts) : "not_stuck";
      const told = outcome === "done" ? said : await whyNot(parts, kind, id);
      process.stdout.write(`${id}: ${told}\n`);
      if (outcome !== "done") process.exitCode = 1;
    }
  });
}

/** A mistyped id must not sound as if all was well. */
async function whyNot({ pool }: Parts, { noun, table }: Kind, id: string): Promise<string> {
  const isThere =
    table !== undefined &&
    isUuid(id) &&
    (await pool.query(`select from ${table} where id = $1`, [id])).rowCount === 1;
  return isThere ? "nothing holds it up" : `there is no such ${noun}`;
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
