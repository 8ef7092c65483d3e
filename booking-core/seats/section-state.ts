import type { Clock } from "../../foundation/clock.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { seatsLoad, seatsSnapshot } from "../../lua/generated.ts";
import type { LiveHold, SectionSnapshot } from "./claim.ts";
import { parseSeatNumbers } from "./hold.ts";
import type { LoadableSection } from "./loadable-section.ts";

export async function loadSeats(
  { redis, clock }: { redis: Redis; clock: Clock },
  section: LoadableSection,
  live: readonly LiveHold[],
  ends: number,
): Promise<"loaded" | "moved"> {
  const [outcome] = await seatsLoad(redis, sectionKeys(section.eventId, section.id), {
    nowMs: clock.now(),
    keepMs: limits.booking.orphanHoldMs,
    ends,
    section: encodeSection(section),
    live: JSON.stringify(live.map(encodeHold)),
  });
  return outcome;
}

function encodeSection({ kind, capacity, blocks, segments, marks }: LoadableSection): string {
  return JSON.stringify({
    kind,
    capacity,
    blocks: blocks.map(({ seats, segment, rank, centre }) => [seats, segment, rank, centre]),
    segments: segments.map(({ firstBlock, blocks }) => [firstBlock, blocks]),
    marks,
  });
}

function encodeHold({ bookingId, state, deadlineMs, requestHash, quantity, seatNumbers }: LiveHold) {
  return [bookingId, state, deadlineMs, requestHash, quantity, seatNumbers];
}

export async function readSnapshot(
  redis: Redis,
  eventId: EventId,
  sectionId: SectionId,
): Promise<SectionSnapshot | undefined> {
  const answer = await seatsSnapshot(redis, sectionKeys(eventId, sectionId));
  if (answer === "section_missing") return undefined;
  const [version, epoch, free, held, seats] = answer;
  return {
    version: Number(version),
    epoch: Number(epoch),
    free: parseSeatNumbers(free),
    held: parseSeatNumbers(held),
    seats,
  };
}
