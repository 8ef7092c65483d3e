import { expect, test } from "vitest";
import { logRow, paidBooking, queueOne } from "../booking-core/notifications/test-emails.ts";
import { openPaymentTest, type PaymentTest } from "../booking-core/payments/test-payments.ts";
import { waitFor } from "./harness/wait-for.ts";
import { startWorker } from "./harness/worker.ts";

/** The worker's silence is noticed, and then its claim has to end. */
const healedWithinMs = 90_000;

/** A job stands still where its row is about to change in this way, for as long as somebody has the lock. */
const steps = {
  claimed: "new.attempts > old.attempts",
  written: "new.subject is distinct from old.subject",
  marked: "new.status <> old.status",
} as const;
type Step = keyof typeof steps | "taken";

/** How often the mail server can have had it: only a death behind its yes makes two. */
const mailsMost: Record<Step, number> = { claimed: 1, written: 1, taken: 2, marked: 2 };

test("a worker that is killed between any two steps of an e-mail leaves it to the next one: it comes, and what comes twice says that it is the same", async () => {
  const here = await openPaymentTest({ work: false });
  const { pool } = here.shop;
  await pool.query("create table gates (notification_id uuid primary key, step text not null)");
  await pool.query(`create function stand_still() returns trigger language plpgsql as $$
    begin
      if exists (select from gates where notification_id = new.id and case step
           ${Object.entries(steps)
             .map(([step, when]) => `when '${step}' then ${when}`)
             .join(" ")} end)
      then perform pg_advisory_xact_lock_shared(1); end if;
      return new;
    end $$`);
  await pool.query(
    "create trigger stand_still before update on notifications for each row execute function stand_still()",
  );
  const gate = await pool.connect();
  await gate.query("select pg_advisory_lock(1)");

  const emails = new Map<Step, { id: string; address: string }>();
  for (const step of ["claimed", "written", "taken", "marked"] as const) {
    // The mail server takes this one, and the worker is dead before it hears so.
    const email = step === "taken" ? { email: `delay-9000.times-1.${Date.now()}@onsale.example` } : {};
    const booking = await paidBooking(here, email);
    const id = await queueOne(here, booking);
    await pool.query("insert into gates values ($1, $2)", [id, step]);
    emails.set(step, { id, address: booking.buyerEmail });
  }
  const first = await startWorker(here.shop, here.till);
  const taken = emails.get("taken")?.address ?? "";
  await waitFor(async () => (await standingStill(here)) === 3, {
    what: "the worker in the middle of three",
    withinMs: 30_000,
  });
  await waitFor(async () => (await here.till.mailsTo(taken)).length === 1, { what: "the one that is taken" });
  await first.kill("SIGKILL");
  await gate.query("select pg_advisory_unlock(1)");
  gate.release();

  // What stood still at the mark was on its way to Postgres already: it may have been marked in the end.
  const next = await startWorker(here.shop, here.till);
  for (const [step, { id, address }] of emails) {
    await waitFor(async () => (await logRow(here, id))?.status === "sent", {
      what: `the e-mail whose worker died when it was ${step}`,
      withinMs: healedWithinMs,
    });
    const mails = await here.till.mailsTo(address);
    expect(mails.length, step).toBeGreaterThanOrEqual(1);
    expect(mails.length, step).toBeLessThanOrEqual(mailsMost[step]);
    expect(new Set(mails.map(({ messageId }) => messageId)), step).toEqual(
      new Set([`<${id}@onsale.example>`]),
    );
  }
  expect(await here.till.mailsTo(taken)).toHaveLength(2);
  await next.stop();
  await here.close();
}, 180_000);

async function standingStill({ shop }: PaymentTest): Promise<number | null> {
  const waiting = await shop.pool.query(
    "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
  );
  return waiting.rowCount;
}
