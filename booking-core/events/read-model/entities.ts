import { setImmediate as otherWork } from "node:timers/promises";
import { Schema } from "redis-om";
import type { EventId } from "../../../foundation/ids.ts";
import type { Redis } from "../../../foundation/redis/connect.ts";
import type { readModelKeys } from "../../../foundation/redis/keys.ts";
import { mapObjects } from "../../../foundation/redis/object-mapper.ts";
import type { Section } from "../event.ts";
import { decodeHead, decodeSection, encodeHead, encodeSection } from "./codec.ts";
import type { PublishedEvent } from "./published-event.ts";

/** A version of an event that no reader can be on its way to any more is forgotten after this. */
const supersededSeconds = 60;
/** What a killed process left behind goes after this; so does a version that is still shown, and is loaded again. */
const forgottenSeconds = 86_400;
/** Sections that are encoded, sent or parsed before other work has its turn. */
const sectionsAtOnce = 8;

/** What redis-om gives for an id: without fields where there is no such entity. */
type EventEntity = { version?: number; head?: string; sections: string[] };
type SectionEntity = { section?: string };

/** The events in Redis, as redis-om entities: an event by id and version, its sections by their content. Never changed. */
export function createEntities(redis: Redis, keys: ReturnType<typeof readModelKeys>) {
  const mapper = mapObjects(redis);
  const events = mapper.fetchRepository<Schema<EventEntity>>(
    new Schema(
      keys.event,
      { version: { type: "number" }, head: { type: "string" }, sections: { type: "string[]" } },
      { dataStructure: "HASH" },
    ),
  );
  const sections = mapper.fetchRepository<Schema<SectionEntity>>(
    new Schema(keys.section, { section: { type: "string" } }, { dataStructure: "HASH" }),
  );

  async function saveSection(section: Section, there: ReadonlySet<string>): Promise<string> {
    const { digest, json } = encodeSection(section);
    if (there.has(digest)) return digest;
    await sections.save(digest, { section: json });
    await sections.expire(digest, forgottenSeconds);
    return digest;
  }

  /** Of the sections those that are known are not read again; undefined where one is missing. */
  async function fetchSections(
    digests: readonly string[],
    known: PublishedEvent | undefined,
  ): Promise<Map<string, Section> | undefined> {
    const found = new Map<string, Section>();
    for (const some of slicesOf(digests)) {
      const parts = await Promise.all(some.map((digest) => fetchSection(digest, known)));
      for (const [index, part] of parts.entries()) {
        if (part === undefined) return undefined;
        found.set(some[index] ?? "", part);
      }
      if (some.some((digest) => !known?.parts.has(digest))) await otherWork();
    }
    return found;
  }

  async function fetchSection(
    digest: string,
    known: PublishedEvent | undefined,
  ): Promise<Section | undefined> {
    const same = known?.parts.get(digest);
    if (same !== undefined) return same;
    const { section } = await sections.fetch(digest);
    return section === undefined ? undefined : decodeSection(section);
  }

  return {
    /** Sections that are there already are not written again. */
    async save({ event, version }: PublishedEvent, there: ReadonlySet<string>): Promise<void> {
      const { sections: all, ...head } = event;
      const digests: string[] = [];
      for (const some of slicesOf(all)) {
        digests.push(...(await Promise.all(some.map((section) => saveSection(section, there)))));
        await otherWork();
      }
      const id = entityId(event.id, version);
      await events.save(id, { version, head: encodeHead(head), sections: digests });
      await events.expire(id, forgottenSeconds);
    },
    async fetch(
      eventId: EventId,
      version: number,
      known?: PublishedEvent,
    ): Promise<PublishedEvent | undefined> {
      const { head, sections: digests } = await events.fetch(entityId(eventId, version));
      if (head === undefined) return undefined;
      const parts = await fetchSections(digests, known);
      if (parts === undefined) return undefined;
      return { version, event: { ...decodeHead(head), sections: [...parts.values()] }, parts };
    },
    async digestsOf(eventId: EventId, version: number): Promise<ReadonlySet<string>> {
      return new Set((await events.fetch(entityId(eventId, version))).sections);
    },
    /** Version `old` has given way to version `current`: what only the old one has is not needed much longer. */
    async supersede(eventId: EventId, old: number, current: number): Promise<void> {
      const before = await events.fetch(entityId(eventId, old));
      const after = await events.fetch(entityId(eventId, current));
      const kept = new Set(after.sections);
      await events.expire(entityId(eventId, old), supersededSeconds);
      await sections.expire(
        before.sections.filter((digest) => !kept.has(digest)),
        supersededSeconds,
      );
    },
  };
}

const entityId = (eventId: EventId, version: number) => `${eventId}:${version}`;

function* slicesOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let first = 0; first < items.length; first += sectionsAtOnce)
    yield items.slice(first, first + sectionsAtOnce);
}
