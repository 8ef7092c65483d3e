import { expect, test } from "vitest";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Section } from "../events/event.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import { createFreeSeats } from "./free-seats.ts";

const eventId = "event" as EventId;
const sectionsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `s${first + index}` as SectionId,
    segments: [{}],
  })) as unknown as Section[];

/** Stands for Redis: every section has 100 free seats. */
function openCounts() {
  const read: (readonly SectionId[])[] = [];
  const counts = async (_: EventId, ids: readonly SectionId[]) => {
    read.push(ids);
    return ids.map(() => ({ free: [100], held: [0] }));
  };
  const free = createFreeSeats({ seats: { counts } as unknown as SeatEngine, clock: { now: () => 1_000 } });
  return { free, read };
}

test("no section counts as full because so many are known that they are forgotten", async () => {
  const { free } = openCounts();
  const mine = sectionsFrom(0, 16);
  await free.of(eventId, mine.slice(0, 8));
  await free.of(eventId, sectionsFrom(100, limits.booking.sectionsCounted));
  const both = await Promise.all([free.of(eventId, mine), free.of(eventId, mine)]);
  for (const counts of both) expect([...counts.values()]).toEqual(mine.map(() => [100]));
});

test("nor because others make them forgotten while the answers are on their way", async () => {
  const { free } = openCounts();
  const mine = sectionsFrom(0, 16);
  const [counts] = await Promise.all([
    free.of(eventId, mine),
    free.of(eventId, sectionsFrom(100, limits.booking.sectionsCounted)),
    free.of(eventId, sectionsFrom(50, 1)),
  ]);
  expect([...counts.values()]).toEqual(mine.map(() => [100]));
});

test("a section is read once for all who ask in the same moment", async () => {
  const { free, read } = openCounts();
  const mine = sectionsFrom(0, 3);
  await Promise.all([free.of(eventId, mine), free.of(eventId, mine.slice(1))]);
  expect(read).toEqual([mine.map(({ id }) => id)]);
});
