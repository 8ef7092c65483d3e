import type { Redis } from "../../foundation/redis/connect.ts";
import { comparisonLeaseKey } from "../../foundation/redis/keys.ts";

/** True where this process has it until it asks again, or for `lastsMs`. */
export type Lease = { take(): Promise<boolean> };

const lastsMs = 10_000;

/**
 * One process at a time compares, so that the work is not done twice. Should two do it for a moment, nothing is wrong
 * but the work: so no fencing.
 */
export function createComparisonLease(redis: Redis, owner: string): Lease {
  return {
    async take() {
      const taken = await redis.set(comparisonLeaseKey, owner, "PX", lastsMs, "NX");
      if (taken === "OK") return true;
      if ((await redis.get(comparisonLeaseKey)) !== owner) return false;
      await redis.pexpire(comparisonLeaseKey, lastsMs);
      return true;
    },
  };
}
