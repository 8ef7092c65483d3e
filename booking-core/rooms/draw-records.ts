import type { EventId } from "../../foundation/ids.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { commitmentOf } from "./commitment.ts";

/** Of one lane, who was in the lobby. */
export type DrawLane = { lane: string; entrants: number; root: string };

/** Where the random value from outside comes from; nothing where none was announced. */
export type AnnouncedBeacon = { beaconSource?: string; beaconAnnouncedAtMs?: number };

export type HeldDraw = AnnouncedBeacon & {
  eventId: string;
  commitment: string;
  seed: string;
  beacon: string | null;
  lanes: DrawLane[];
  drawnAtMs: number;
};

/** Before the draw: what is fixed already. */
export type ComingDraw = AnnouncedBeacon & { eventId: string; commitment: string; lanes?: DrawLane[] };

type DrawRow = {
  draw_seed: string;
  draw_lists: DrawLane[] | null;
  draw: HeldDraw | null;
  beacon_source: string | null;
  beacon_announced_at: Date | null;
  beacon: string | null;
};

/** The lists as the lobby was closed: the first that are kept stay. */
export async function keepLists(pool: Pool, eventId: EventId, lists: readonly DrawLane[]): Promise<void> {
  await pool.query("update rooms set draw_lists = $2 where event_id = $1 and draw_lists is null", [
    eventId,
    JSON.stringify(lists),
  ]);
}

/** The lists that were published, where the lobby was closed already: a draw after a loss of Redis is of these. */
export async function findLists(pool: Pool, eventId: EventId): Promise<DrawLane[] | undefined> {
  return (await readDraw(pool, eventId))?.draw_lists ?? undefined;
}

/** Given out only when the lists are closed, and with the value from outside where one was announced. */
export async function drawSecret(
  pool: Pool,
  eventId: EventId,
): Promise<{ seed: string; beacon: string | null } | "awaited"> {
  const row = await readDraw(pool, eventId);
  if (row === undefined || row.draw_lists === null)
    throw new Error(`the lists of the lobby of ${eventId} are not kept`);
  if (row.beacon_source !== null && row.beacon === null) return "awaited";
  return { seed: row.draw_seed, beacon: row.beacon };
}

export async function findDraw(pool: Pool, eventId: EventId): Promise<HeldDraw | undefined> {
  return (await readDraw(pool, eventId))?.draw ?? undefined;
}

/** What was drawn: the first that is kept stays. */
export async function keepDraw(pool: Pool, eventId: EventId, draw: HeldDraw): Promise<void> {
  await pool.query("update rooms set draw = $2 where event_id = $1 and draw is null", [
    eventId,
    JSON.stringify(draw),
  ]);
}

/** What everybody may know of the draw. The secret is in it once it was used, and never before. */
export async function publicDraw(pool: Pool, eventId: EventId): Promise<HeldDraw | ComingDraw | undefined> {
  const row = await readDraw(pool, eventId);
  if (row === undefined) return undefined;
  if (row.draw !== null) return { ...row.draw, ...announcedBeacon(row) };
  const coming = { eventId, commitment: commitmentOf(row.draw_seed), ...announcedBeacon(row) };
  return row.draw_lists === null ? coming : { ...coming, lanes: row.draw_lists };
}

function announcedBeacon({ beacon_source: source, beacon_announced_at: at }: DrawRow): AnnouncedBeacon {
  if (source === null || at === null) return {};
  return { beaconSource: source, beaconAnnouncedAtMs: at.getTime() };
}

async function readDraw(pool: Pool, eventId: EventId): Promise<DrawRow | undefined> {
  const found = await pool.query<DrawRow>(
    "select draw_seed, draw_lists, draw, beacon_source, beacon_announced_at, beacon from rooms where event_id = $1",
    [eventId],
  );
  return found.rows[0];
}
