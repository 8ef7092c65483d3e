import { rebuildEvent } from "../booking-core/bookings/rebuild-event.ts";
import { createSeatEngine } from "../booking-core/seats/seat-engine.ts";
import { systemClock } from "../foundation/clock.ts";
import { type EventId, isUuid, type SectionId } from "../foundation/ids.ts";
import { createLogger } from "../foundation/log.ts";
import { createPool } from "../foundation/postgres/pool.ts";
import { connectRedis } from "../foundation/redis/connect.ts";
import { runningConfig } from "./running-config.ts";

export type RebuildOptions = { readonly section?: string; readonly data: string };

/** One line a section, as it is done; exits 1 where there is nothing to build. */
export async function runRebuild(event: string, { section, data }: RebuildOptions): Promise<void> {
  if (!isUuid(event) || (section !== undefined && !isUuid(section)))
    return refuse("An event and a section are named by their ids.");
  const config = runningConfig(data, process.env);
  const pool = createPool(config.DATABASE_URL, 2);
  const redis = connectRedis(config.REDIS_URL, createLogger("rebuild", config.LOG_LEVEL));
  try {
    const seats = createSeatEngine({ redis, clock: systemClock });
    const startedAt = performance.now();
    let built = 0;
    const rebuilt = rebuildEvent({ pool, seats }, event as EventId, section as SectionId | undefined);
    for await (const { section, place, of } of rebuilt) {
      const counts = await seats.counts(section.eventId, [section.id]);
      const free = counts[0]?.free.reduce((sum, count) => sum + count, 0) ?? 0;
      process.stdout.write(`${place}/${of}  ${section.name}: ${section.capacity} seats, ${free} free\n`);
      built += 1;
    }
    if (built === 0) return refuse("There is no such event or section that is shown.");
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    process.stdout.write(`${built} sections built anew in ${seconds} s\n`);
  } finally {
    redis.disconnect();
    await pool.end();
  }
}

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
