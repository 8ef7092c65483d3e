/** Jobs as the queue would write them, straight from the rows that ask for them. */
export const jobOf = (queue: string, data: string, from: string) => `
  insert into pgboss.job (name, data, keep_until, retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds,
    deletion_seconds, policy, dead_letter, heartbeat_seconds)
  select q.name, ${data}, now() + q.retention_seconds * interval '1 second', q.retry_limit, q.retry_delay, q.retry_backoff,
         q.retry_delay_max, q.expire_seconds, q.deletion_seconds, q.policy, q.dead_letter, q.heartbeat_seconds
    from ${from} cross join pgboss.queue q where q.name = '${queue}'`;

/** One for all messages that are written together. */
export const settleJob = jobOf(
  "settle-webhook",
  "messages.data",
  "(select jsonb_build_object('inboxIds', jsonb_agg(id)) as data from written) messages",
);
