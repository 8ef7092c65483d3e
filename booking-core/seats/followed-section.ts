import type { Clock } from "../../foundation/clock.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Logger } from "../../foundation/log.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import type { ShardedChannels } from "../../foundation/redis/sharded-channels.ts";
import type { SeatEngine } from "./seat-engine.ts";
import { parseSectionNews, type SectionNews } from "./section-news.ts";
import { applyNews, differences, orderOf, pictureOf, type SectionPicture } from "./section-picture.ts";

/** What a process knows of one section without asking. */
export type SectionWatch = {
  readonly eventId: EventId;
  readonly sectionId: SectionId;
  /** As last heard, to be read at once: its bytes change. Nothing where Redis does not have the section. */
  picture(): SectionPicture | undefined;
  /** Whether nothing is known to be missing, and it was heard or looked at lately. */
  isCurrent(): boolean;
  /** Whether it goes on: what nobody listened to may have been closed for want of space or use. */
  isOpen(): boolean;
  /** Hears what changes from now on; the function that comes back ends it. */
  listen(listener: (change: SectionChange) => void): () => void;
};

export type SectionChange = {
  readonly sectionId: SectionId;
  /** The version before; nothing where the section was not known. */
  readonly from: number | undefined;
  readonly picture: SectionPicture;
  /** Every seat that may have changed since; nothing where it can be any. */
  readonly seatNumbers: readonly number[] | undefined;
};

export type SectionWatchParts = {
  readonly redis: Pick<Redis, "hmget">;
  readonly channels: ShardedChannels;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seats: Pick<SeatEngine, "snapshot">;
};

/** A section that is followed: what was heard, in the order of its versions, and read again where something is missing. */
export type FollowedSection = {
  readonly watch: SectionWatch;
  readonly listeners: Set<(change: SectionChange) => void>;
  picture: SectionPicture | undefined;
  reading: Promise<void> | undefined;
  /** What was heard while it was read. */
  heard: SectionNews[];
  /** Whether something is missing that only another reading brings. */
  missing: boolean;
  /** When it was last known to be as in Redis. */
  currentAtMs: number;
  checking: boolean;
  usedAtMs: number;
  isClosed: boolean;
  opened: Promise<() => Promise<void>>;
};

const { silenceMs, heardMost } = limits.seatMap;

export function newFollowedSection(clock: Clock, eventId: EventId, sectionId: SectionId): FollowedSection {
  const section: FollowedSection = {
    listeners: new Set(),
    picture: undefined,
    reading: undefined,
    heard: [],
    missing: true,
    currentAtMs: 0,
    checking: false,
    usedAtMs: 0,
    isClosed: false,
    opened: Promise.resolve(async () => {}),
    watch: {
      eventId,
      sectionId,
      picture: () => section.picture,
      isCurrent: () => !section.missing && clock.now() - section.currentAtMs < 2 * silenceMs,
      isOpen: () => !section.isClosed,
      listen(listener) {
        section.listeners.add(listener);
        return () => section.listeners.delete(listener);
      },
    },
  };
  return section;
}

/** News first, then the reading: nothing can happen unheard between the two. */
export async function startToFollow(
  parts: SectionWatchParts,
  section: FollowedSection,
): Promise<() => Promise<void>> {
  const { eventId, sectionId } = section.watch;
  const listener = (message: string) => hear(parts, section, parseSectionNews(message));
  const end = await parts.channels.listen(sectionKeys(eventId, sectionId).news, listener, "silence");
  try {
    await readAgain(parts, section);
    return end;
  } catch (error) {
    await end();
    throw error;
  }
}

function hear(parts: SectionWatchParts, section: FollowedSection, news: SectionNews): void {
  if (section.reading !== undefined) return keepForLater(section, news);
  take(parts, section, news);
  if (section.missing) void readOrWarn(parts, section);
}

function keepForLater(section: FollowedSection, news: SectionNews): void {
  if (section.heard.length >= heardMost) section.heard = [];
  section.heard.push(news);
}

function take({ clock }: SectionWatchParts, section: FollowedSection, news: SectionNews): void {
  const { picture } = section;
  const order = picture === undefined ? "gap" : orderOf(picture, news);
  // News that seems old does not count as heard: Redis may have lost what came before it.
  if (order === "old") return;
  if (picture === undefined || order === "gap") {
    section.missing = true;
    return;
  }
  const applied = applyNews(picture, news);
  section.picture = applied.picture;
  section.currentAtMs = clock.now();
  tell(section, picture.version, applied.seatNumbers);
}

function tell(
  section: FollowedSection,
  from: number | undefined,
  seatNumbers: readonly number[] | undefined,
): void {
  const { picture, watch } = section;
  if (picture === undefined) return;
  const change = { sectionId: watch.sectionId, from, picture, seatNumbers };
  for (const listener of section.listeners) listener(change);
}

function readAgain(parts: SectionWatchParts, section: FollowedSection): Promise<void> {
  section.reading ??= readUntilComplete(parts, section).finally(() => {
    section.reading = undefined;
    section.heard = [];
  });
  return section.reading;
}

/** Where what was heard meanwhile does not follow what was read, it is read once more. */
async function readUntilComplete(parts: SectionWatchParts, section: FollowedSection): Promise<void> {
  do {
    section.heard = [];
    section.missing = true;
    const readAtMs = parts.clock.now();
    const snapshot = await parts.seats.snapshot(section.watch.eventId, section.watch.sectionId);
    replace(section, snapshot && pictureOf(snapshot));
    section.missing = false;
    section.currentAtMs = readAtMs;
    for (const news of section.heard) if (!section.missing) take(parts, section, news);
  } while (section.missing);
}

function replace(section: FollowedSection, picture: SectionPicture | undefined): void {
  const before = section.picture;
  section.picture = picture;
  if (picture === undefined) return;
  if (before === undefined) return tell(section, undefined, undefined);
  const isSame = before.version === picture.version && before.epoch === picture.epoch;
  const seatNumbers = differences(before.seats, picture.seats);
  if (!isSame || seatNumbers?.length !== 0) tell(section, before.version, seatNumbers);
}

export async function readOrWarn(parts: SectionWatchParts, section: FollowedSection): Promise<void> {
  try {
    await readAgain(parts, section);
  } catch (error) {
    const { eventId, sectionId } = section.watch;
    parts.logger.warn({ err: error, eventId, sectionId }, "a watched section could not be read");
  }
}

export async function check(
  parts: SectionWatchParts,
  section: FollowedSection,
  nowMs: number,
): Promise<void> {
  if (section.checking || section.reading !== undefined) return;
  section.checking = true;
  try {
    const keys = sectionKeys(section.watch.eventId, section.watch.sectionId);
    const { picture } = section;
    const [version, epoch] = await parts.redis.hmget(keys.meta, "version", "epoch");
    // Heard of meanwhile: then it is the answer that is old.
    if (section.picture !== picture) return;
    if (isAt(picture, version, epoch)) {
      section.currentAtMs = nowMs;
      return;
    }
    // The slot may have moved to a master that knows nothing of the subscription.
    await parts.channels.renew(keys.news);
    await readOrWarn(parts, section);
  } catch (error) {
    parts.logger.warn({ err: error }, "a watched section could not be checked");
  } finally {
    section.checking = false;
  }
}

function isAt(
  picture: SectionPicture | undefined,
  version: string | null | undefined,
  epoch: string | null | undefined,
): boolean {
  const isThere = version !== null && version !== undefined;
  if (picture === undefined || !isThere) return picture === undefined && !isThere;
  return Number(version) === picture.version && Number(epoch ?? 0) === picture.epoch;
}
