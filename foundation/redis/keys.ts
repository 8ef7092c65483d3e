import type { EventId, SectionId } from "../ids.ts";

/**
 * Every key of Onsale is made here. The part in braces decides the slot: a section is one, a room is one. A section's
 * id is enough to tell it from all others; the end of the event's shows whose it is. Redis hashes that part for each
 * command of a script, and keeps no buffer for names longer than 64 bytes: with both ids a claim took 2 µs more.
 */
export const sectionKeys = (eventId: EventId, sectionId: SectionId) => {
  const tag = `{${eventId.slice(-12)}:${sectionId}}`;
  return {
    meta: `${tag}:meta`,
    seats: `${tag}:seats`,
    /** What is known of each block of adjacent seats, and which block a seat is in. */
    blocks: `${tag}:blocks`,
    holds: `${tag}:holds`,
    /** Unpaid holds by when they were made: what has no booking after a while is an orphan. */
    unpaid: `${tag}:unpaid`,
    /** Who was given the same hold: it is free again when none of them wants it. */
    sharers: `${tag}:sharers`,
    /** What has ended lately: a rebuilding that read Postgres a moment ago catches up with it. */
    ended: `${tag}:ended`,
    /** Sharded channel: the changes of the section (booking-core/seats/section-news.ts). */
    news: `${tag}:seat-news`,
  } as const;
};

export const roomKeys = (eventId: EventId) => {
  const tag = `{${eventId}}`;
  return {
    settings: `${tag}:room`,
    lease: `${tag}:lease`,
    places: `${tag}:places`,
    /** Who has which number, in blocks. */
    line: `${tag}:line`,
    /** The numbers that the draw gave, in blocks. */
    drawn: `${tag}:drawn`,
    back: `${tag}:back`,
    /** Who came back while the lobby was drawn. */
    returned: `${tag}:returned`,
    turns: `${tag}:turns`,
    inside: `${tag}:inside`,
    passes: `${tag}:passes`,
    revoked: `${tag}:revoked`,
    codes: `${tag}:codes`,
    proofs: `${tag}:proofs`,
    /** What each gateway says of who is here, for as long as it counts. */
    reports: `${tag}:reports`,
    /** Of each minute, what operators look back on. */
    history: `${tag}:history`,
    /** Sharded channel: ticks and turns of the room, and changes of the event's bookings. A tick comes each second. */
    news: `${tag}:news`,
  } as const;
};

/** How often a code of an address was tried in one span of time. */
export const codeTriesKey = (addressHash: string, span: number) => `onsale:code-tries:${addressHash}:${span}`;

/** The set of events whose rooms the admission role drives. */
export const openRoomsKey = "onsale:rooms";

/**
 * Grows when what an event says grows: what processes of before have written under their keys is never read as
 * something that it is not. They and the new ones keep their own entities while both run.
 */
const readModelFormat = 2;

/**
 * The events as buyers see them. The namespace is the name of the database that they are copied from: two databases
 * on one Redis never see each other's events.
 */
export const readModelKeys = (namespace: string) =>
  ({
    /** The version of each event, and `revision`, which is another after every change of one. */
    index: `onsale:${namespace}:events`,
    /** Prefixes: redis-om adds the entity's id. */
    event: `onsale:${namespace}:event-${readModelFormat}`,
    section: `onsale:${namespace}:section-${readModelFormat}`,
    /** Who has it loads from Postgres, for all; ends by itself. */
    loading: (what: string) => `onsale:${namespace}:loading:${what}`,
  }) as const;

/** Which worker compares Redis with Postgres. */
export const comparisonLeaseKey = "onsale:comparison";
