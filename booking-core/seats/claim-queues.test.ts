import { afterAll, afterEach, beforeEach, expect, type MockInstance, test, vi } from "vitest";
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
  holdMoments();
});
afterEach(() => timers.mockRestore());

/** Those of the queues pass when the test says so. All other timers run: the client of Redis has its own. */
let moment: (() => void) | undefined;
let timers: MockInstance;

test("who is alone waits for nobody, and who comes in the same turn goes along", async () => {
  const queues = openQueues();
  const claimed = queues.claimInEach(3);
  expect(calls).not.toHaveBeenCalled();
  await turn();
  expect(calls).toHaveBeenCalledTimes(3);
  await Promise.all(claimed);
});

test("who comes meanwhile leaves together, once as many wait as are under way", async () => {
  const queues = openQueues();
  const answer = hang(3);
  const first = queues.claimInEach(3);
  await turn();
  const place = newPlace();
  const claimed = [queues.claimIn(place), queues.claimIn(place), queues.claimIn(newPlace())];
  await turn();
  expect(calls).toHaveBeenCalledTimes(3);
  claimed.push(queues.claimIn(newPlace()));
  expect(calls).toHaveBeenCalledTimes(3);
  await turn();
  expect(calls).toHaveBeenCalledTimes(6);
  answer();
  await Promise.all([...first, ...claimed]);
});

test("who waits leaves when enough of those under way have been answered", async () => {
  const queues = openQueues();
  const answer = hang(3);
  const first = queues.claimInEach(3);
  await turn();
  const claimed = queues.claimInEach(2);
  await turn();
  expect(calls).toHaveBeenCalledTimes(3);
  answer();
  await Promise.all([...first, ...claimed]);
  expect(calls).toHaveBeenCalledTimes(5);
});

test("calls that hang hold up those of other sections for a moment", async () => {
  const queues = openQueues();
  const answer = hang(3);
  const hanging = queues.claimInEach(3);
  await turn();
  for (const round of [1, 2]) {
    const claimed = queues.claimInEach(2);
    await turn();
    expect(calls).toHaveBeenCalledTimes(1 + 2 * round);
    passMoment();
    await Promise.all(claimed);
    expect(calls).toHaveBeenCalledTimes(3 + 2 * round);
  }
  answer();
  await Promise.all(hanging);
});

test.each([
  ["fails", () => Promise.reject(new Error("it broke"))],
  [
    "cannot be made",
    () => {
      throw new Error("it broke");
    },
  ],
  ["is answered with what nobody can read", () => Promise.resolve(["held", "nonsense"])],
])("a call that %s fails for its own, and the section goes on", async (_, answer) => {
  const queues = openQueues();
  const place = newPlace();
  calls.mockImplementationOnce(answer as never);
  const [failed, other] = [queues.claimIn(place), queues.claimIn(newPlace())];
  await expect(failed).rejects.toThrow(/it broke|cannot be read/);
  expect(await other).toEqual({ outcome: "section_missing" });
  expect(await queues.claimIn(place)).toEqual({ outcome: "section_missing" });
});

function holdMoments(): void {
  const { setTimeout: start } = globalThis;
  timers = vi.spyOn(globalThis, "setTimeout").mockImplementation(((callback: () => void, ms?: number) => {
    if (ms !== limits.booking.claimWaitMs) return start(callback, ms);
    moment = callback;
    return start(() => undefined);
  }) as typeof setTimeout);
}

function passMoment(): void {
  const passed = moment;
  moment = undefined;
  if (passed === undefined) throw new Error("nobody waits for a moment");
  passed();
}

/** The next calls are answered when the test says so. */
function hang(count: number): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const hanging = async (...args: unknown[]) => {
    await promise;
    return evalsha(...args);
  };
  for (let call = 0; call < count; call += 1) calls.mockImplementationOnce(hanging as never);
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
