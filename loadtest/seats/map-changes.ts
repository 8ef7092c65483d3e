import { setTimeout as pause } from "node:timers/promises";
import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { claimOf, manual, newBookingId } from "../../booking-core/seats/test-section.ts";
import { systemClock } from "../../foundation/clock.ts";
import type { SectionId } from "../../foundation/ids.ts";
import { createLogger } from "../../foundation/log.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { monotonicMs } from "../bench/monotonic.ts";
import type { PlannedEvent } from "./event-plan.ts";
import type { MapMessage } from "./map-watchers.ts";

const everyMs = 10;
const seatsEach = 2;
const paymentWindowMs = 900_000;

/** What is changed and when, and what each reader has heard of it. */
export function createChanges({ eventId, sectionIds }: PlannedEvent, readers: number) {
  const beganMs = new Map<string, number>();
  const heard = Array.from({ length: readers }, () => new Set<string>());
  const latenciesMs: number[] = [];

  /** Claims that come evenly, two seats each, in one section after the other; ends when all are answered. */
  async function make(redisUrls: readonly string[], count: number, perSecond: number): Promise<void> {
    const redis = connectRedis(redisUrls, createLogger("bench", "error"));
    const seats = createSeatEngine({ redis, clock: systemClock });
    const claim = async (index: number) => {
      const section = { eventId, id: sectionIds[index % sectionIds.length] as SectionId };
      const first = seatsEach * Math.floor(index / sectionIds.length);
      beganMs.set(`${section.id}/${first}`, monotonicMs());
      const wanted = claimOf(section, manual(first, first + 1), newBookingId());
      const { outcome } = await seats.claim({ ...wanted, deadlineMs: Date.now() + paymentWindowMs });
      if (outcome !== "held") throw new Error(`a claim was ${outcome}`);
    };
    const startedMs = monotonicMs();
    const claims: Promise<void>[] = [];
    while (claims.length < count) {
      const due = Math.min(count, Math.ceil(((monotonicMs() - startedMs) * perSecond) / 1_000));
      while (claims.length < due) claims.push(claim(claims.length));
      await pause(everyMs);
    }
    await Promise.all(claims);
    redis.disconnect();
  }

  function hear(reader: number, { changes = [] }: MapMessage, atMs: number): void {
    for (const { sectionId, changed = "" } of changes)
      for (const seat of heldSeats(changed)) {
        const change = `${sectionId}/${seat}`;
        const began = beganMs.get(change);
        if (began === undefined || heard[reader]?.has(change) !== false) continue;
        heard[reader].add(change);
        latenciesMs.push(atMs - began);
      }
  }

  const missed = () => heard.reduce((sum, changes) => sum + beganMs.size - changes.size, 0);
  return { make, hear, missed, latenciesMs };
}

/** Of `120:hh,133:f`: 120 and 121. */
function heldSeats(changed: string): number[] {
  return changed.split(",").flatMap((run) => {
    const [first = "", letters = ""] = run.split(":");
    const seats = Array.from({ length: letters.length }, (_, index) => Number(first) + index);
    return seats.filter((_, index) => letters[index] === "h");
  });
}
