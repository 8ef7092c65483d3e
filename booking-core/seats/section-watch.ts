import type { EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import {
  check,
  type FollowedSection,
  newFollowedSection,
  readOrWarn,
  type SectionWatch,
  type SectionWatchParts,
  startToFollow,
} from "./followed-section.ts";

export type SectionWatches = {
  /**
   * The same watch for all who ask; it goes on until nobody has used it for a while. Nothing where too many are
   * watched. Rejects where Redis is away.
   */
  open(eventId: EventId, sectionId: SectionId): Promise<SectionWatch | undefined>;
  /** The watch, where it is open already and knows the section. */
  known(sectionId: SectionId): SectionWatch | undefined;
  readonly count: () => number;
  stop(): Promise<void>;
};

const { watchesMost, watchIdleMs, silenceMs, lookEveryMs } = limits.seatMap;

export function createSectionWatches(parts: SectionWatchParts, most: number = watchesMost): SectionWatches {
  const sections = new Map<SectionId, FollowedSection>();
  const timer = setInterval(() => lookAtAll(parts, sections), lookEveryMs).unref();
  return {
    async open(eventId, sectionId) {
      if (!sections.has(sectionId) && sections.size >= most && !makeSpace(sections)) return undefined;
      const section = sections.get(sectionId) ?? begin(parts, sections, eventId, sectionId);
      section.usedAtMs = parts.clock.now();
      await section.opened;
      return section.watch;
    },
    known(sectionId) {
      const section = sections.get(sectionId);
      if (section?.picture === undefined) return undefined;
      section.usedAtMs = parts.clock.now();
      return section.watch;
    },
    count: () => sections.size,
    async stop() {
      clearInterval(timer);
      await Promise.allSettled([...sections.values()].map(async ({ opened }) => (await opened)()));
      sections.clear();
    },
  };
}

function begin(
  parts: SectionWatchParts,
  sections: Map<SectionId, FollowedSection>,
  eventId: EventId,
  sectionId: SectionId,
): FollowedSection {
  const section = newFollowedSection(parts.clock, eventId, sectionId);
  sections.set(sectionId, section);
  section.opened = startToFollow(parts, section);
  section.opened.catch(() => {
    section.isClosed = true;
    // Closed meanwhile, the section may be followed anew by now.
    if (sections.get(sectionId) === section) sections.delete(sectionId);
  });
  return section;
}

/** Whoever heard nothing for a while may have missed it; what nobody uses is watched no more. */
function lookAtAll(parts: SectionWatchParts, sections: Map<SectionId, FollowedSection>): void {
  const nowMs = parts.clock.now();
  for (const [sectionId, section] of sections) {
    if (section.listeners.size > 0) section.usedAtMs = nowMs;
    if (nowMs - section.usedAtMs > watchIdleMs) close(sections, sectionId, section);
    else if (section.missing) void readOrWarn(parts, section);
    else if (nowMs - section.currentAtMs > silenceMs) void check(parts, section, nowMs);
  }
}

function close(
  sections: Map<SectionId, FollowedSection>,
  sectionId: SectionId,
  section: FollowedSection,
): void {
  section.isClosed = true;
  sections.delete(sectionId);
  void section.opened.then((end) => end()).catch(() => undefined);
}

/** Closes the one that was used least lately, where nobody listens to it. */
function makeSpace(sections: Map<SectionId, FollowedSection>): boolean {
  let oldest: FollowedSection | undefined;
  for (const section of sections.values())
    if (section.listeners.size === 0 && section.usedAtMs < (oldest?.usedAtMs ?? Number.POSITIVE_INFINITY))
      oldest = section;
  if (oldest === undefined) return false;
  close(sections, oldest.watch.sectionId, oldest);
  return true;
}
