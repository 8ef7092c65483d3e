/** A process that claims as a gateway does, without HTTP and without Postgres. */
import type { LoadableSection } from "../../booking-core/seats/loadable-section.ts";
import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { systemClock } from "../../foundation/clock.ts";
import { createLogger } from "../../foundation/log.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { answerCalls } from "../bench/calls.ts";
import { monotonicMs } from "../bench/monotonic.ts";
import { loadSections, newClaim } from "./claim-call.ts";

export type Claims = {
  readonly urls: readonly string[];
  readonly sections: number;
  readonly seatsPerSection: number;
  readonly count: number;
  /** Claims that wait for their answers at any time, each in the next section. */
  readonly atOnce: number;
};

export type ClaimCalls = {
  /** In a second. */
  claim(claims: Claims): Promise<number>;
};

answerCalls({ claim: claimAll } satisfies ClaimCalls);

async function claimAll({ urls, sections: count, seatsPerSection, ...claims }: Claims): Promise<number> {
  const redis = connectRedis(urls, createLogger("bench", "error"));
  const seats = createSeatEngine({ redis, clock: systemClock });
  const sections = await loadSections(seats, count, seatsPerSection);
  let next = 0;
  const claimIn = async (section: LoadableSection) => {
    next += 1;
    const { outcome } = await seats.claim(newClaim(section, 2));
    if (outcome !== "held") throw new Error(`a claim was ${outcome}`);
  };
  // Each stays in its section: of as many as there are sections, no two meet.
  const claimOneAfterTheOther = async (_: unknown, worker: number) => {
    const section = sections[worker % sections.length];
    while (section !== undefined && next < claims.count) await claimIn(section);
  };
  const startedMs = monotonicMs();
  await Promise.all(Array.from({ length: claims.atOnce }, claimOneAfterTheOther));
  const seconds = (monotonicMs() - startedMs) / 1_000;
  redis.disconnect();
  return claims.count / seconds;
}
