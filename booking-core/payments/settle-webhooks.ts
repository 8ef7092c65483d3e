import { queueSettings } from "../../foundation/jobs/queues.ts";
import type { Failures, GroupedJob } from "../../foundation/jobs/run-jobs.ts";
import { limits } from "../../foundation/limits.ts";
import { inTransaction } from "../../foundation/postgres/pool.ts";
import { isOutage } from "../bookings/outage.ts";
import type { LateBooking } from "./claim-again.ts";
import { claimLate, followClaims } from "./late-money.ts";
import type { ProviderName } from "./payment.ts";
import { settleGroup } from "./settle-group.ts";
import { type SettleWebhookParts, settleWebhook, tellBuyers } from "./settle-webhook.ts";

type SettleJob = GroupedJob<{ inboxIds: string[] }>;

/** A message that failed so often alone is poisoned: it is parked before its job gives up. */
const triesMost = queueSettings["settle-webhook"].retryLimit;

/** Where a group fails as if Postgres did not serve, so many may fail alone before the others are left for later. */
const outagesMost = 2;

/** Settles the messages of jobs. Those jobs come again of whose messages one failed; what is settled is left alone then. */
export async function settleWebhooks(
  parts: SettleWebhookParts,
  jobs: readonly SettleJob[],
): Promise<Failures> {
  const { messagesPerGroup } = limits.settlement;
  const inboxIds = jobs.flatMap(({ data }) => data.inboxIds);
  const failed = new Map<string, unknown>();
  for (let from = 0; from < inboxIds.length; from += messagesPerGroup)
    for (const [id, error] of await settleMessages(parts, inboxIds.slice(from, from + messagesPerGroup)))
      failed.set(id, error);
  const culpritOf = ({ data }: SettleJob) => data.inboxIds.find((id) => failed.has(id));
  return new Map(
    jobs.flatMap((job) => {
      const culprit = culpritOf(job);
      return culprit === undefined ? [] : [[job.id, failed.get(culprit)]];
    }),
  );
}

/**
 * The usual ones in one transaction, and those whose money came late in a second, once their seats are claimed again; then
 * each of the others in its own, all of them so where a group fails. Gives those that failed.
 */
async function settleMessages(
  parts: SettleWebhookParts,
  inboxIds: readonly string[],
): Promise<ReadonlyMap<string, unknown>> {
  const first = await trySettleGroup(parts, inboxIds, []);
  const unsettled = inboxIds.filter((id) => !first.settled.has(id));
  const second = first.late.length === 0 ? nothing : await trySettleGroup(parts, unsettled, first.late);
  const left = unsettled.filter((id) => !second.settled.has(id));
  return settleEach(parts, left, first.outage ?? second.outage);
}

async function settleEach(
  parts: SettleWebhookParts,
  left: string[],
  outage: unknown,
): Promise<ReadonlyMap<string, unknown>> {
  const failed = new Map<string, unknown>();
  const settleLeft = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const isHopeless = outage !== undefined && failed.size >= outagesMost;
      const failure = isHopeless ? outage : await trySettle(parts, id);
      if (failure !== undefined) failed.set(id, failure);
    }
  };
  await Promise.all(Array.from({ length: limits.settlement.aloneAtOnce }, settleLeft));
  return failed;
}

type GroupTried = {
  readonly settled: ReadonlyMap<string, string>;
  /** Of bookings that have expired: what was theirs is to be claimed first. */
  readonly late: readonly LateBooking[];
  readonly outage?: unknown;
};

const nothing: GroupTried = { settled: new Map(), late: [] };

/** An outage may be no more than one row that somebody has locked for long. */
async function trySettleGroup(
  parts: SettleWebhookParts,
  inboxIds: readonly string[],
  late: readonly LateBooking[],
): Promise<GroupTried> {
  try {
    const claimed = await claimLate(parts, late);
    const settled = await inTransaction(parts.pool, (sql) => settleGroup(parts, sql, inboxIds, claimed));
    if (claimed.size > 0) await followClaims(parts, claimed, new Set(settled.changed.map(({ id }) => id)));
    await tellBuyers(parts, settled.changed);
    return { settled: settled.outcomes, late: settled.late };
  } catch (error) {
    parts.logger.warn(
      { err: error, messages: inboxIds.length },
      "a group of messages failed: each is settled alone",
    );
    return isOutage(error) ? { ...nothing, outage: error } : nothing;
  }
}

/** Nothing where it is settled or parked. An outage is nobody's fault and counts for nothing. */
async function trySettle(parts: SettleWebhookParts, inboxId: string): Promise<unknown> {
  try {
    await settleWebhook(parts, { inboxId });
    return undefined;
  } catch (error) {
    if (isOutage(error)) return error;
    return (await countAttempt(parts, inboxId, error)) ? undefined : error;
  }
}

type Counted = {
  readonly provider: ProviderName;
  readonly eventId: string;
  readonly body: string;
  readonly parked: boolean;
};

/** Whether it was the last: then the message is parked, and people look. */
async function countAttempt(parts: SettleWebhookParts, inboxId: string, error: unknown): Promise<boolean> {
  const why = error instanceof Error ? error.message : String(error);
  const counted = await parts.pool.query<Counted>(
    `update webhook_inbox set attempts = attempts + 1, outcome = $2,
            status = case when attempts + 1 >= $3 then 'parked' else status end,
            settled_at = case when attempts + 1 >= $3 then now() end
      where id = $1 and status = 'received'
      returning provider, provider_event_id as "eventId", body, status = 'parked' as parked`,
    [inboxId, why, triesMost],
  );
  const [message] = counted.rows;
  if (message?.parked !== true) return false;
  const { provider, eventId: providerEventId } = message;
  const facts = { inboxId, provider, providerEventId, ...(await namesIn(parts, message)) };
  parts.logger.error(
    { err: error, ...facts },
    "a message of the payment provider is parked: it fails each time",
  );
  return true;
}

/** What the message is about, as far as it can be read: reading it may be what fails. */
async function namesIn(
  { pool, providers }: SettleWebhookParts,
  { provider, body }: Counted,
): Promise<{ paymentId?: string; bookingId?: string; eventId?: string }> {
  try {
    const fact = providers.of(provider).readWebhook(body);
    if (!("paymentId" in fact)) return {};
    const { paymentId } = fact;
    const found = await pool.query<{ bookingId: string; eventId: string }>(
      `select b.id as "bookingId", b.event_id as "eventId" from payments p join bookings b on b.id = p.booking_id
        where p.id::text = $1`,
      [paymentId],
    );
    return { paymentId, ...found.rows[0] };
  } catch {
    return {};
  }
}
