import { afterAll, describe, expect, test } from "vitest";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import type { ClaimOutcome } from "./claim.ts";
import { createSeatEngine } from "./seat-engine.ts";
import {
  best,
  loadStandingSection,
  loadTestSection,
  manual,
  newBookingId,
  type TestSection,
} from "./test-section.ts";

const redis = connectTestRedis();
afterAll(() => redis.disconnect());

const shrink = ({ seats, section }: TestSection, ...entries: Parameters<TestSection["seats"]["shrink"]>[2]) =>
  seats.shrink(section.eventId, section.id, entries);

function heldOf(outcome: ClaimOutcome): Extract<ClaimOutcome, { outcome: "held" }> {
  if (outcome.outcome !== "held") throw new Error(outcome.outcome);
  return outcome;
}

describe("shrink", () => {
  test("gives named seats of a hold back, and repeating changes nothing", async () => {
    const tested = await loadTestSection(redis, [4]);
    const bookingId = newBookingId();
    await tested.claim(manual(0, 1, 2), bookingId);
    for (let repetition = 0; repetition < 2; repetition += 1)
      await shrink(tested, { bookingId, giveBack: [1, 3], left: 2 });
    expect(await tested.states()).toBe("1010");
    const [hold] = await tested.seats.holds(tested.section.eventId, tested.section.id);
    expect(hold).toMatchObject({ bookingId, state: "held", seatNumbers: [0, 2], quantity: 2 });
  });

  test("leaves a sold booking sold", async () => {
    const tested = await loadTestSection(redis, [3]);
    const bookingId = newBookingId();
    await tested.claim(best(3), bookingId);
    await tested.seats.confirm(tested.section.eventId, tested.section.id, [bookingId]);
    await shrink(tested, { bookingId, giveBack: [2], left: 2 });
    expect(await tested.states()).toBe("220");
  });

  test("that gives all back forgets the hold", async () => {
    const tested = await loadTestSection(redis, [2]);
    const bookingId = newBookingId();
    await tested.claim(best(2), bookingId);
    await shrink(tested, { bookingId, giveBack: [0, 1], left: 0 });
    expect(await tested.seats.holds(tested.section.eventId, tested.section.id)).toEqual([]);
    expect(await tested.seats.unpaidHolds(tested.section.eventId, tested.section.id, 0, 2_000_000)).toEqual(
      [],
    );
  });

  test("of a standing section says how many stay, so that repeating changes nothing", async () => {
    const tested = await loadStandingSection(redis, 5);
    const bookingId = newBookingId();
    await tested.claim(best(4), bookingId);
    for (let repetition = 0; repetition < 2; repetition += 1)
      await shrink(tested, { bookingId, giveBack: [], left: 1 });
    expect(await tested.seats.counts(tested.section.eventId, [tested.section.id])).toEqual([
      { free: [4], held: [1] },
    ]);
  });

  test("is caught up with by who read Postgres before it", async () => {
    const tested = await loadTestSection(redis, [3]);
    const bookingId = newBookingId();
    await tested.claim(best(3), bookingId);
    const [ends, live] = [
      await tested.ends(),
      { bookingId, requestHash: "hash", seatNumbers: [0, 1, 2], quantity: 3 },
    ];
    await shrink(tested, { bookingId, giveBack: [1], left: 2 });
    await tested.seats.load(tested.section, [{ ...live, deadlineMs: 2_000_000, state: "held" }], ends);
    expect(await tested.states()).toBe("101");
  });
});

describe("a hold that two requests of one booking were given", () => {
  test.each([
    ["the earlier", "the later", [0, 1]],
    ["the later", "the earlier", [1, 0]],
  ])("is free when %s and then %s does not want it, and not before", async (_one, _other, order) => {
    const { claim, seats, section, states } = await loadTestSection(redis, [2]);
    const bookingId = newBookingId();
    const given = [heldOf(await claim(best(2), bookingId)), heldOf(await claim(best(2), bookingId))];
    expect(given.map(({ fresh }) => fresh)).toEqual([true, false]);
    const [first, last] = order.map((place) => ({ bookingId, ...(given[place] as (typeof given)[0]) }));
    if (first === undefined || last === undefined) throw new Error("nobody leaves");
    for (const _ of ["once", "and again"]) await seats.leave(section.eventId, section.id, [first]);
    expect(await states()).toBe("11");
    await seats.leave(section.eventId, section.id, [last]);
    expect(await states()).toBe("00");
  });

  test("is free when all have left that came in one call of the script", async () => {
    const { claim, seats, section, states } = await loadTestSection(redis, [2]);
    const bookingId = newBookingId();
    const outcomes = await Promise.all([1, 2, 3].map(() => claim(best(2), bookingId)));
    expect(outcomes.map((outcome) => heldOf(outcome).heldAtMs)).toEqual([1_000_000, 1_000_001, 1_000_002]);
    const [first, ...others] = outcomes.map((outcome) => ({ bookingId, ...heldOf(outcome) }));
    await seats.leave(section.eventId, section.id, others);
    expect(await states()).toBe("11");
    await seats.leave(section.eventId, section.id, first === undefined ? [] : [first]);
    expect(await states()).toBe("00");
  });

  test("is nobody's to free where more were given it than are counted: it ends as an orphan", async () => {
    const { claim, seats, section, states } = await loadTestSection(redis, [2]);
    const bookingId = newBookingId();
    const given = [];
    for (let count = 0; count < 40; count += 1)
      given.push({ bookingId, ...heldOf(await claim(best(2), bookingId)) });
    await seats.leave(section.eventId, section.id, given);
    expect(await states()).toBe("11");
    await seats.undo(section.eventId, section.id, given.slice(-1));
    expect(await states()).toBe("00");
  });

  test("is left also in a section that was rebuilt meanwhile, unless Postgres has the booking", async () => {
    const { claim, seats, section, states, ends } = await loadTestSection(redis, [1, 1]);
    const [refused, booked] = [newBookingId(), newBookingId()];
    const left = { bookingId: refused, ...heldOf(await claim(manual(0), refused)) };
    const late = { bookingId: booked, ...heldOf(await claim(manual(1), booked)) };
    const live = { ...late, requestHash: "hash", state: "held" } as const;
    // By a clock that runs ahead of the claim's, as any later moment is.
    const later = createSeatEngine({ redis, clock: { now: () => 1_000_001 } });
    expect(await later.load(section, [live], await ends())).toBe("loaded");
    await seats.leave(section.eventId, section.id, [left, late]);
    expect(await states()).toBe("01");
  });
});

describe("a hold that another request of the same booking was given", () => {
  test("cannot be undone any more as it was before", async () => {
    const { claim, seats, section, states } = await loadTestSection(redis, [2]);
    const bookingId = newBookingId();
    const [first, second] = [
      heldOf(await claim(best(2), bookingId)),
      heldOf(await claim(best(2), bookingId)),
    ];
    await seats.undo(section.eventId, section.id, [{ bookingId, ...first }]);
    expect(await states()).toBe("11");
    await seats.undo(section.eventId, section.id, [{ bookingId, ...second }]);
    expect(await states()).toBe("00");
  });

  test("is as young as the later request", async () => {
    let nowMs = 1_000_000;
    const { claim, seats, section } = await loadTestSection(redis, [2], [], { now: () => nowMs });
    const bookingId = newBookingId();
    await claim(best(2), bookingId);
    nowMs += 29_000;
    await claim(best(2), bookingId);
    expect(await seats.unpaidHolds(section.eventId, section.id, 0, nowMs - 1)).toEqual([]);
    expect(await seats.unpaidHolds(section.eventId, section.id, nowMs, nowMs)).toEqual([
      { bookingId, heldAtMs: nowMs },
    ]);
  });

  test("and that is paid keeps its time and its seats", async () => {
    const { claim, seats, section, states } = await loadTestSection(redis, [2]);
    const bookingId = newBookingId();
    const { heldAtMs } = heldOf(await claim(best(2), bookingId));
    await seats.confirm(section.eventId, section.id, [bookingId]);
    expect(await claim(best(2), bookingId)).toMatchObject({ fresh: false, heldAtMs });
    await seats.undo(section.eventId, section.id, [{ bookingId, heldAtMs }]);
    await seats.leave(section.eventId, section.id, [{ bookingId, heldAtMs }]);
    expect(await states()).toBe("22");
    expect(await seats.unpaidHolds(section.eventId, section.id, 0, 2_000_000)).toEqual([]);
  });

  test("is not forgotten by who rebuilds the section while the first one leaves it", async () => {
    const { claim, seats, section, states, ends } = await loadTestSection(redis, [2]);
    const bookingId = newBookingId();
    const first = heldOf(await claim(best(2), bookingId));
    const { seatNumbers, quantity, deadlineMs } = heldOf(await claim(best(2), bookingId));
    const endsSoFar = await ends();
    await seats.leave(section.eventId, section.id, [{ bookingId, ...first }]);
    const live = {
      bookingId,
      requestHash: "hash",
      seatNumbers,
      quantity,
      deadlineMs,
      state: "held",
    } as const;
    expect(await seats.load(section, [live], endsSoFar)).toBe("loaded");
    expect(await states()).toBe("11");
  });
});

test("a section that another server process has loaded must be checked before it sells on", async () => {
  const { claim, seats, section, ends, states } = await loadTestSection(redis, [3]);
  const { meta } = sectionKeys(section.eventId, section.id);
  await claim(manual(0));
  // Another moment of the same process, as after it saved to disk: nothing to do.
  await redis.hset(meta, "process", "earlier");
  expect(await claim(manual(1))).toMatchObject({ outcome: "held" });
  await redis.hset(meta, "process", "earlier", "server", "another");
  expect(await claim(manual(2))).toEqual({ outcome: "section_missing" });
  await seats.load(section, [], await ends());
  expect(await states()).toBe("110");
  expect(await claim(manual(2))).toMatchObject({ outcome: "held" });
});
