import type { Clock } from "../../foundation/clock.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { loadSection } from "../bookings/load-section.ts";
import type { Catalogue } from "../events/catalogue.ts";
import type { Section } from "../events/event.ts";
import { findSection } from "../events/find-section.ts";
import type { SeatEngine } from "../seats/seat-engine.ts";
import type { Lease } from "./comparison-lease.ts";
import type { Suspects } from "./seat-bytes-check.ts";
import { lookAtSection } from "./section-check.ts";

export type ComparisonParts = {
  readonly pool: Pool;
  readonly seats: SeatEngine;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lease: Lease;
};

type Place = { readonly eventId: EventId; readonly sectionId: SectionId };
type Suspected = Place & { readonly keys: ReadonlySet<string>; readonly atMs: number };

/** What is between two steps has come to rest after this time: more than the 5 s of invariant 3. */
const restMs = 6_000;
/** Of each call; whoever repeats it every second gives it a twentieth of the time. */
const budgetMs = 50;
/** A section that changes at each look is looked at again so often before only what is of no moment counts. */
const quietLooks = 5;

/**
 * For `repeat`: looks at some sections, one after the other, whether Redis has of them what Postgres has. What differs
 * the same at a second look is built anew from Postgres.
 */
export function createComparison(parts: ComparisonParts): () => Promise<void> {
  let round: Place[] = [];
  const suspected = new Map<SectionId, Suspected>();

  async function lookOnce(place: Place): Promise<void> {
    if (suspected.has(place.sectionId)) return;
    const suspects = await lookAt(parts, place);
    const keys = new Set(suspects.map(([key]) => key));
    if (keys.size > 0) suspected.set(place.sectionId, { ...place, keys, atMs: parts.clock.now() });
  }

  async function lookAgain(): Promise<void> {
    for (const { keys, atMs, ...place } of suspected.values()) {
      if (atMs + restMs > parts.clock.now()) continue;
      // First: one that cannot be mended now is found again, and keeps no other from being looked at.
      suspected.delete(place.sectionId);
      const stayed = (await lookAt(parts, place)).filter(([key]) => keys.has(key));
      if (stayed.length > 0) await mend(parts, place, stayed);
    }
  }

  return async () => {
    if (!(await parts.lease.take())) {
      suspected.clear();
      return;
    }
    await lookAgain();
    if (round.length === 0) round = await allSections(parts.catalogue);
    const untilMs = parts.clock.now() + budgetMs;
    do {
      const place = round.shift();
      if (place === undefined) return;
      await lookOnce(place);
    } while (parts.clock.now() < untilMs);
  };
}

async function allSections(catalogue: Catalogue): Promise<Place[]> {
  const events = (await catalogue.list()).filter(({ status }) => status === "active");
  return events.flatMap(({ id: eventId, sections }) =>
    sections.map(({ id: sectionId }) => ({ eventId, sectionId })),
  );
}

/** With the marks that are known now. Nothing of a section that is gone. */
async function sectionAt(catalogue: Catalogue, { eventId, sectionId }: Place): Promise<Section | undefined> {
  const event = await catalogue.find(eventId);
  return event && findSection(event, sectionId);
}

/**
 * The counts of a standing section are held against its holds, which are read at another moment: they say something
 * only where nothing changed in between.
 */
async function lookAt(parts: ComparisonParts, place: Place): Promise<Suspects> {
  const section = await sectionAt(parts.catalogue, place);
  if (section === undefined) return [];
  if (section.kind === "seated") return lookAtSection(parts, section, parts.clock.now());
  let suspects: Suspects = [];
  for (let look = 0; look < quietLooks; look += 1) {
    const before = await versionOf(parts.seats, section);
    suspects = await lookAtSection(parts, section, parts.clock.now());
    if ((await versionOf(parts.seats, section)) === before) return suspects;
  }
  return suspects.filter(([key]) => !/ (free|held)$/.test(key));
}

async function versionOf(seats: SeatEngine, { eventId, id }: Section): Promise<number | undefined> {
  return (await seats.snapshot(eventId, id))?.version;
}

async function mend(parts: ComparisonParts, place: Place, differences: Suspects): Promise<void> {
  const section = await sectionAt(parts.catalogue, place);
  if (section === undefined) return;
  const examples = differences.slice(0, 5).map(([, sentence]) => sentence);
  parts.logger.warn(
    { ...place, differences: differences.length, examples },
    "a section in Redis differs from Postgres and is built anew",
  );
  await loadSection(parts, section);
}
