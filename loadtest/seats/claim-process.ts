/** A process that claims as a gateway does, without HTTP and without Postgres. */
import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { systemClock } from "../../foundation/clock.ts";
import { createLogger } from "../../foundation/log.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { answerCalls } from "../bench/calls.ts";
import { monotonicMs } from "../bench/monotonic.ts";
import { newClaim, type Place, placesOf } from "./claim-call.ts";

export type Claims = {
  readonly urls: readonly string[];
  /** The first of the sections. */
  readonly first: Place;
  readonly sections: number;
  readonly count: number;
  /** Claims that wait for their answers at any time. */
  readonly atOnce: number;
};

export type ClaimCalls = {
  /** In a second. */
  claim(claims: Claims): Promise<number>;
};

answerCalls({ claim: claimAll } satisfies ClaimCalls);

async function claimAll({ urls, first, sections, count, atOnce }: Claims): Promise<number> {
  const redis = connectRedis(urls, createLogger("bench", "error"));
  await redis.ping();
  const seats = createSeatEngine({ redis, clock: systemClock });
  const places = placesOf(first, sections);
  let next = 0;
  const claimIn = async (place: Place) => {
    next += 1;
    const { outcome } = await seats.claim(newClaim(place, 2));
    if (outcome !== "held") throw new Error(`a claim was ${outcome}`);
  };
  // Each stays in its section: of as many as there are sections, no two meet.
  const claimOneAfterTheOther = async (_: unknown, worker: number) => {
    const place = places[worker % places.length];
    while (place !== undefined && next < count) await claimIn(place);
  };
  const startedMs = monotonicMs();
  await Promise.all(Array.from({ length: atOnce }, claimOneAfterTheOther));
  const seconds = (monotonicMs() - startedMs) / 1_000;
  redis.disconnect();
  return count / seconds;
}
