import { createSeatEngine } from "../../booking-core/seats/seat-engine.ts";
import { verify } from "../../booking-core/verify/verify.ts";
import { systemClock } from "../../foundation/clock.ts";
import { createLogger } from "../../foundation/log.ts";
import { createPool } from "../../foundation/postgres/pool.ts";
import { connectRedis } from "../../foundation/redis/connect.ts";
import { checkPlaces, countShoppers } from "../../queue-admission/room-check.ts";
import type { Measurement } from "../bench/report.ts";
import type { Shop } from "./shop.ts";

/** What `onsale verify` finds. */
export async function verifyShop(
  { databaseUrl, redisUrls }: Pick<Shop, "databaseUrl" | "redisUrls">,
  say: (line: string) => void,
): Promise<Measurement> {
  const pool = createPool(databaseUrl, 4, { isPatient: true });
  const redis = connectRedis(redisUrls, createLogger("verify", "error"));
  try {
    const seats = createSeatEngine({ redis, clock: systemClock });
    const findings = await verify({
      pool,
      seats,
      clock: systemClock,
      roomSights: {
        countShoppers: (eventId) => countShoppers(redis, eventId),
        checkPlaces: (eventId) => checkPlaces(redis, eventId),
      },
    });
    const violations = findings.flatMap((finding) => finding.violations);
    for (const violation of violations.slice(0, 5)) say(violation);
    return {
      ...{ name: "violations that `onsale verify` finds", value: violations.length, unit: "violations" },
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    };
  } finally {
    redis.disconnect();
    await pool.end();
  }
}
