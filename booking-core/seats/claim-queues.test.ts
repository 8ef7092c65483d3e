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

const { claimCallsTogether, claimWaitMs } = limits.booking;

test("a crowd in many sections is on its way as soon as enough calls are gathered", async () => {
  const { claimInEach } = queues();
  const claimed = claimInEach(claimCallsTogether - 1);
  await turn();
  expect(calls).not.toHaveBeenCalled();
  claimed.push(...claimInEach(1));
  await turn();
  expect(calls).toHaveBeenCalledTimes(claimCallsTogether);
  await Promise.all(claimed);
});

test("who comes in the same turn as the crowd shares the call of its section", async () => {
  const { claimInEach } = queues();
  const places = Array.from({ length: claimCallsTogether }, newPlace);
  await Promise.all([...claimInEach(places), ...claimInEach(places)]);
  expect(calls).toHaveBeenCalledTimes(claimCallsTogether);
});

test("claims in few sections leave together when their moment is over", async () => {
  const { claimInEach } = queues();
  const claimed = claimInEach(3);
  vi.advanceTimersByTime(claimWaitMs - 1);
  claimed.push(...claimInEach(1));
  expect(calls).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(calls).toHaveBeenCalledTimes(4);
  await Promise.all(claimed);
});

test("who comes after a crowd has left waits for a whole moment of its own", async () => {
  const { claimInEach } = queues();
  const crowd = claimInEach(claimCallsTogether - 1);
  vi.advanceTimersByTime(claimWaitMs - 1);
  crowd.push(...claimInEach(1));
  await turn();
  const late = claimInEach(1);
  vi.advanceTimersByTime(claimWaitMs - 1);
  expect(calls).toHaveBeenCalledTimes(claimCallsTogether);
  vi.advanceTimersByTime(1);
  expect(calls).toHaveBeenCalledTimes(claimCallsTogether + 1);
  await Promise.all([...crowd, ...late]);
});

/** Sections that Redis does not know, which is an answer too. */
function queues() {
  const { claim } = createClaimQueues({ redis, clock: systemClock });
  const claimInEach = (sections: number | readonly ReturnType<typeof newPlace>[]) =>
    (typeof sections === "number" ? Array.from({ length: sections }, newPlace) : sections).map((place) =>
      claim(claimOf(place, best(2), newBookingId())),
    );
  return { claimInEach };
}

/** Of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));
