import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import { limits } from "../../foundation/limits.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { createClaimQueues } from "./claim-queues.ts";
import { best, claimOf, newBookingId, newPlace } from "./test-section.ts";

const redis = connectTestRedis();
const calls = vi.spyOn(redis, "evalsha");
afterAll(() => redis.disconnect());
beforeEach(() => {
  calls.mockClear();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => void vi.useRealTimers());

const { claimWaitMs } = limits.booking;

test("claims in several sections leave together when their moment is over", async () => {
  const { claimInEach } = queues();
  const claimed = claimInEach(3);
  vi.advanceTimersByTime(claimWaitMs - 1);
  claimed.push(...claimInEach(1));
  expect(calls).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(calls).toHaveBeenCalledTimes(4);
  await Promise.all(claimed);
});

/** Sections that Redis does not know, which is an answer too. */
function queues() {
  const { claim } = createClaimQueues({ redis, clock: systemClock });
  const claimInEach = (sections: number) =>
    Array.from({ length: sections }, () => claim(claimOf(newPlace(), best(2), newBookingId())));
  return { claimInEach };
}
