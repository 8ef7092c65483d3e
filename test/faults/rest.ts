import { setTimeout as pause } from "node:timers/promises";
import { readSandboxTotals } from "../harness/sandbox-books.ts";
import type { Site } from "./site.ts";

const lookEveryMs = 500;

/**
 * Waits until everything has come to rest: unpaid bookings ended, payments settled, and as many seats free in
 * Redis as Postgres leaves. Gives what had not by then.
 */
export async function comeToRest(site: Site, withinMs: number): Promise<string[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const restless = await unsettled(site).catch((error: Error) => [`it cannot be asked: ${error.message}`]);
    if (restless.length === 0 || performance.now() > deadline) return restless;
    await pause(lookEveryMs);
  }
}

async function unsettled(site: Site): Promise<string[]> {
  const found = await site.pool.query<{ what: string; count: bigint }>(openMatters);
  const open = found.rows.filter(({ count }) => count > 0n).map(({ what, count }) => `${count} ${what}`);
  const { webhooksOnTheirWay } = await readSandboxTotals(site.sandbox);
  const onTheirWay = webhooksOnTheirWay > 0 ? [`${webhooksOnTheirWay} webhooks on their way`] : [];
  return [...open, ...onTheirWay, ...(await seatsThatDiffer(site))];
}

const openMatters = `
  select 'unpaid bookings' as what, count(*) from bookings where status = 'pending_payment'
  union all select 'refunds under way', count(*) from refunds where status = 'pending'
  union all select 'messages of the provider', count(*) from webhook_inbox where settled_at is null
  union all select 'e-mails', count(*) from notifications where status = 'queued'`;

const takenSeats = `
  select s.section_id::text as section, count(*)::int as taken
    from booking_seats s join bookings b on b.id = s.booking_id
   where b.status in ('pending_payment', 'paid', 'partly_refunded') and s.live group by 1`;

/** By what any buyer is told of a section. */
async function seatsThatDiffer(site: Site): Promise<string[]> {
  const found = await site.pool.query<{ section: string; taken: number }>(takenSeats);
  const taken = new Map(found.rows.map((row) => [row.section, row.taken]));
  const sections = site.events.flatMap((event) => event.sections);
  const looks = sections.map(async ({ id, eventId, name, capacity }) => {
    const wanted = capacity - (taken.get(id) ?? 0);
    const free = await freeSeats(`${site.gateways[1].url}/v1/events/${eventId}/sections/${id}/seats`);
    if (free === wanted) return [];
    return [`section "${name}" (${id}) says ${free} free seats, and Postgres leaves ${wanted}`];
  });
  return (await Promise.all(looks)).flat();
}

async function freeSeats(url: string): Promise<number | string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  const { free } = (await answer.json()) as { free?: number };
  return free ?? `status ${answer.status}`;
}
