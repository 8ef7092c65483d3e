import type { EventId } from "../../foundation/ids.ts";
import { ensureLoaded, loadSection } from "../bookings/load-section.ts";
import { closeRoom, type PublishRoomParts, publishRoom } from "../rooms/publish-room.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import type { Catalogue } from "./catalogue.ts";
import { readEvents } from "./read-events.ts";

export type PublishParts = PublishRoomParts & { readonly seats: SeatEngine };

/** Brings every active event to Redis: its room's settings, and its sections from what Postgres says. */
export async function publishEvents(parts: PublishParts): Promise<void> {
  const active = await parts.pool.query<{ id: EventId }>("select id from events where status = 'active'");
  await ofEach(active.rows, ({ id }) => publishEvent(parts, id));
}

/**
 * The same for what Redis does not have (any more): a Redis that was emptied while the system runs has every room and
 * section again after the next run, and rooms of cancelled events are closed. Sections that are there are left alone; they
 * mend themselves on contact.
 */
export async function publishMissing(
  parts: PublishParts & { readonly catalogue: Pick<Catalogue, "list"> },
): Promise<void> {
  await ofEach(await parts.catalogue.list(), async (event) => {
    if (event.status === "cancelled") return closeMissed(parts, event.id);
    if (event.status !== "active") return;
    for (const section of event.sections) {
      if (!(await parts.seats.isLoaded(event.id, section.id))) await ensureLoaded(parts, section);
    }
    await publishRoom(parts, event.id);
  });
}

/** Makes up for the job that closes the room as the event is cancelled; a closed one is soon forgotten by Redis. */
async function closeMissed(parts: PublishParts, eventId: EventId): Promise<void> {
  if (await parts.rooms.isThere(eventId)) await closeRoom(parts, eventId);
}

/** An event that cannot be published does not keep the others from it. */
async function ofEach<Event>(events: readonly Event[], work: (event: Event) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const event of events) await work(event).catch((error: unknown) => failures.push(error));
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of ${events.length} events are not published`);
}

export async function publishEvent(parts: PublishParts, eventId: EventId): Promise<void> {
  const [event] = await readEvents(parts.pool, eventId);
  if (event === undefined) throw new Error(`there is no event ${eventId} to publish`);
  for (const section of event.sections) await loadSection(parts, section);
  await publishRoom(parts, event.id);
}
