import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import { limits } from "../../foundation/limits.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { createClaimQueues } from "./claim-queues.ts";
import { best, claimOf, newBookingId, newPlace } from "./test-section.ts";

const redis = connectTestRedis();
const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
const calls = vi.spyOn(redis, "evalsha");
afterAll(() => redis.disconnect());
beforeEach(() => {
  calls.mockClear();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => void vi.useRealTimers());

const { claimWaitMs } = limits.booking;

test("who is alone waits for nobody, and who comes in the same turn goes along", async () => {
  const queues = openQueues();
  const claimed = queues.claimInEach(3);
  expect(calls).not.toHaveBeenCalled();
  await turn();
  expect(calls).toHaveBeenCalledTimes(3);
  await Promise.all(claimed);
});

test("who comes meanwhile leaves together, once all that are under way have been answered", async () => {
  const queues = openQueues();
  const answer = hang();
  const claimed = queues.claimInEach(1);
  await turn();
  const place = newPlace();
  claimed.push(...queues.claimInEach(2), queues.claimIn(place), queues.claimIn(place));
  await turn();
  expect(calls).toHaveBeenCalledTimes(1);
  answer();
  await Promise.all(claimed);
  expect(calls).toHaveBeenCalledTimes(4);
});

test("a call that hangs holds up those of other sections for a moment, and not those that come later", async () => {
  const queues = openQueues();
  const answer = hang();
  const hanging = queues.claimInEach(1);
  await turn();
  for (let round = 1; round <= 2; round += 1) {
    const claimed = queues.claimInEach(2);
    vi.advanceTimersByTime(claimWaitMs - 1);
    expect(calls).toHaveBeenCalledTimes(2 * round - 1);
    vi.advanceTimersByTime(1);
    await Promise.all(claimed);
    expect(calls).toHaveBeenCalledTimes(2 * round + 1);
  }
  answer();
  await Promise.all(hanging);
});

/** The next call is answered when the test says so. */
function hang(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const hanging = async (...args: unknown[]) => {
    await promise;
    return evalsha(...args);
  };
  calls.mockImplementationOnce(hanging as never);
  return resolve;
}

/** Sections that Redis does not know, which is an answer too. */
function openQueues() {
  const { claim } = createClaimQueues({ redis, clock: systemClock });
  const claimIn = (place: ReturnType<typeof newPlace>) => claim(claimOf(place, best(2), newBookingId()));
  const claimInEach = (sections: number) => Array.from({ length: sections }, () => claimIn(newPlace()));
  return { claimIn, claimInEach };
}

/** Of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));
