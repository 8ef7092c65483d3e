import { afterAll, describe, expect, test } from "vitest";
import { limits } from "../../foundation/limits.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { createSeatEngine } from "./seat-engine.ts";
import {
  best,
  claimOf,
  loadStandingSection,
  loadTestSection,
  manual,
  newBookingId,
  seatedSection,
} from "./test-section.ts";

const redis = connectTestRedis();
afterAll(() => redis.disconnect());

type Keys = ReturnType<typeof sectionKeys>;

describe("best-available", () => {
  test("takes seats together in the best block that has room", async () => {
    const { claim, states } = await loadTestSection(redis, [3, 5]);
    expect(await claim(best(4))).toMatchObject({ outcome: "held", seatNumbers: [3, 4, 5, 6], fresh: true });
    expect(await claim(best(3))).toMatchObject({ seatNumbers: [0, 1, 2] });
    expect(await states()).toBe("11111110");
  });

  test("splits in halves where no block has room for all", async () => {
    const { claim } = await loadTestSection(redis, [3, 2, 2]);
    expect(await claim(best(5))).toMatchObject({ outcome: "held", seatNumbers: [0, 1, 2, 3, 4] });
    expect(await claim(best(2))).toMatchObject({ outcome: "held", seatNumbers: [5, 6] });
  });

  test("takes scattered single seats in the end, and all there are", async () => {
    const { claim, states } = await loadTestSection(redis, [5]);
    await claim(manual(1, 3));
    expect(await claim(best(3))).toMatchObject({ outcome: "held", seatNumbers: [0, 2, 4] });
    expect(await states()).toBe("11111");
  });

  test("leaves no single free seat behind where another block spares it", async () => {
    const { claim } = await loadTestSection(redis, [3, 4]);
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [3, 4] });
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [5, 6] });
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [0, 1] });
  });

  test("takes nothing where fewer are free than were asked for, and says how many are", async () => {
    const { claim, states } = await loadTestSection(redis, [3]);
    await claim(best(1));
    expect(await claim(best(3))).toEqual({ outcome: "sold_out", free: 2 });
    expect(await states()).toBe("100");
  });
});

describe("manual", () => {
  test("takes exactly the seats asked for, or none", async () => {
    const { claim, states } = await loadTestSection(redis, [4, 4]);
    expect(await claim(manual(1, 6))).toMatchObject({ outcome: "held", seatNumbers: [1, 6] });
    expect(await claim(manual(0, 1, 6))).toEqual({ outcome: "seats_taken", seatNumbers: [1, 6] });
    expect(await claim(manual(0, 8, 99))).toEqual({ outcome: "seats_unknown", seatNumbers: [8, 99] });
    expect(await states()).toBe("01000010");
  });

  test("knows no seats in a standing section", async () => {
    const { claim } = await loadStandingSection(redis, 3);
    expect(await claim(manual(0))).toEqual({ outcome: "seats_unknown", seatNumbers: [0] });
  });
});

test("a standing section gives out its count and no more", async () => {
  const { claim, seats, section } = await loadStandingSection(redis, 3);
  const bookingId = newBookingId();
  expect(await claim(best(2), bookingId)).toMatchObject({ outcome: "held", seatNumbers: [], quantity: 2 });
  expect(await claim(best(2))).toEqual({ outcome: "sold_out", free: 1 });
  await seats.release(section.eventId, section.id, [bookingId]);
  expect(await claim(best(3))).toMatchObject({ outcome: "held", quantity: 3 });
});

describe("a repeated claim", () => {
  test("finds its own hold", async () => {
    const { claim, states } = await loadTestSection(redis, [6]);
    const bookingId = newBookingId();
    const first = await claim(best(2), bookingId);
    const heldAtMs = 1_000_001;
    expect(await claim(best(2), bookingId)).toEqual({ ...first, fresh: false, heldAtMs });
    expect(await states()).toBe("110000");
  });

  test("is refused with other content", async () => {
    const { claim } = await loadTestSection(redis, [6]);
    const bookingId = newBookingId();
    await claim(best(2), bookingId, "one");
    expect(await claim(best(3), bookingId, "two")).toEqual({ outcome: "idempotency_key_reused" });
  });

  test("twenty at once take seats once", async () => {
    const { claim, states } = await loadTestSection(redis, [30]);
    const bookingId = newBookingId();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => claim(best(2), bookingId)));
    expect(outcomes.filter((outcome) => outcome.outcome === "held" && outcome.fresh)).toHaveLength(1);
    expect((await states()).replaceAll("0", "")).toBe("11");
  });
});

describe("the end of a hold", () => {
  test("release frees the seats, confirm sells them, and repeating changes nothing", async () => {
    const { claim, seats, section, states } = await loadTestSection(redis, [4]);
    const [paid, left] = [newBookingId(), newBookingId()];
    await claim(manual(0, 1), paid);
    await claim(manual(2), left);
    for (let repetition = 0; repetition < 2; repetition += 1) {
      await seats.confirm(section.eventId, section.id, [paid]);
      await seats.release(section.eventId, section.id, [left]);
    }
    expect(await states()).toBe("2200");
    expect(await seats.snapshot(section.eventId, section.id)).toMatchObject({ free: [2] });
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [2, 3] });
  });

  test("sold seats of a refunded booking can be freed", async () => {
    const { claim, seats, section, states } = await loadTestSection(redis, [3]);
    const bookingId = newBookingId();
    await claim(best(3), bookingId);
    await seats.confirm(section.eventId, section.id, [bookingId]);
    await seats.release(section.eventId, section.id, [bookingId]);
    expect(await states()).toBe("000");
    expect(await claim(best(3))).toMatchObject({ seatNumbers: [0, 1, 2] });
  });
});

describe("building a section from Postgres' truth", () => {
  const live = (seatNumbers: number[], state: "held" | "sold") => ({
    bookingId: newBookingId(),
    requestHash: "hash",
    seatNumbers,
    quantity: seatNumbers.length,
    deadlineMs: 2_000_000,
    state,
  });

  test("takes over what is held and sold, and mends what Redis forgot", async () => {
    const { seats, section, claim, states, ends } = await loadTestSection(redis, [5]);
    const known = [live([0, 1], "sold"), live([3], "held")];
    expect(await seats.load(section, known, await ends())).toBe("loaded");
    expect(await states()).toBe("22010");
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [2, 4] });
  });

  test("keeps a fresh hold that Postgres does not know yet, unless its seat is sold", async () => {
    const { seats, section, claim, states, ends } = await loadTestSection(redis, [5]);
    await claim(manual(0));
    await claim(manual(4));
    await seats.load(section, [live([4], "sold")], await ends());
    expect(await states()).toBe("10002");
    expect(await seats.holds(section.eventId, section.id)).toHaveLength(2);
  });

  test("drops an old hold that Postgres does not know", async () => {
    let nowMs = 1_000_000;
    const { seats, section, claim, states, ends } = await loadTestSection(redis, [3], [], {
      now: () => nowMs,
    });
    await claim(manual(0));
    nowMs += limits.booking.orphanHoldMs + 1;
    await seats.load(section, [], await ends());
    expect(await states()).toBe("000");
  });

  test("that Redis had lost whole never has an epoch a second time, nor where it lost the last ones", async () => {
    let nowMs = 1_790_000_000_000;
    const { seats, section, claim } = await loadTestSection(redis, [3], [], { now: () => nowMs });
    const { eventId, id } = section;
    const { meta, ...others } = sectionKeys(eventId, id);
    const epoch = async () => (await seats.snapshot(eventId, id))?.epoch ?? Number.NaN;
    const replica = await redis.hgetall(meta);
    await seats.load(section, [], await seats.endsSoFar(eventId, id));
    const before = await epoch();
    nowMs += 1_000;
    await redis.del(meta, ...Object.values(others));
    await redis.hset(meta, replica);
    await seats.load(section, [], await seats.endsSoFar(eventId, id));
    expect(await epoch()).toBeGreaterThan(before);
    nowMs += 1_000;
    await redis.del(meta, ...Object.values(others));
    await seats.load(section, [], 0);
    expect(await seats.snapshot(eventId, id)).toMatchObject({ version: 1, epoch: 1_790_000_002_000 });
    expect(await claim(manual(0))).toMatchObject({ outcome: "held" });
  });

  describe("that has moved on since Postgres was read", () => {
    test("ends what has ended, and sells what was paid", async () => {
      const { seats, section, claim, states, ends } = await loadTestSection(redis, [5]);
      const [left, paid] = [live([0], "held"), live([1], "held")];
      await claim(manual(0), left.bookingId);
      await claim(manual(1), paid.bookingId);
      const endsSoFar = await ends();
      await seats.release(section.eventId, section.id, [left.bookingId]);
      await seats.confirm(section.eventId, section.id, [paid.bookingId]);
      await claim(manual(3));
      expect(await seats.load(section, [left, paid], endsSoFar)).toBe("loaded");
      expect(await states()).toBe("02010");
    });

    test("ends also what Redis did not know then: a refunded seat does not come back as sold", async () => {
      const { seats, section, states, ends } = await loadTestSection(redis, [3]);
      const refunded = live([0], "sold");
      const endsSoFar = await ends();
      await seats.release(section.eventId, section.id, [refunded.bookingId]);
      expect(await seats.load(section, [refunded], endsSoFar)).toBe("loaded");
      expect(await states()).toBe("000");
    });

    test("the same where Redis had lost the whole section", async () => {
      const section = seatedSection([3]);
      const seats = createSeatEngine({ redis, clock: { now: () => 1_000_000 } });
      const refunded = live([0], "sold");
      await seats.release(section.eventId, section.id, [refunded.bookingId]);
      expect(await seats.isLoaded(section.eventId, section.id)).toBe(false);
      expect(await seats.snapshot(section.eventId, section.id)).toBeUndefined();
      expect(await seats.load(section, [refunded], 0)).toBe("loaded");
      expect(await seats.snapshot(section.eventId, section.id)).toMatchObject({ free: [3], seats: "000" });
    });

    test("keeps what was booked and paid since", async () => {
      const { seats, section, claim, states, ends } = await loadTestSection(redis, [3]);
      const endsSoFar = await ends();
      const bookingId = newBookingId();
      await claim(manual(1), bookingId);
      await seats.confirm(section.eventId, section.id, [bookingId]);
      expect(await seats.load(section, [], endsSoFar)).toBe("loaded");
      expect(await states()).toBe("020");
      expect(await seats.unpaidHolds(section.eventId, section.id, 0, 2_000_000)).toEqual([]);
    });

    test("is refused where a payment is all that is known of a booking", async () => {
      const { seats, section, ends } = await loadTestSection(redis, [3]);
      const endsSoFar = await ends();
      await seats.confirm(section.eventId, section.id, [newBookingId()]);
      expect(await seats.load(section, [], endsSoFar)).toBe("moved");
    });

    test("is refused where another has built it since, who may have read later", async () => {
      const { seats, section, states, ends } = await loadTestSection(redis, [3]);
      const endsSoFar = await ends();
      expect(await seats.load(section, [live([1], "sold")], endsSoFar)).toBe("loaded");
      expect(await seats.load(section, [], endsSoFar)).toBe("moved");
      expect(await states()).toBe("020");
    });

    test("is refused where more has ended than is remembered", async () => {
      const { seats, section, states, ends } = await loadTestSection(redis, [3]);
      const endsSoFar = await ends();
      const many = Array.from({ length: 2_001 }, newBookingId);
      await seats.release(section.eventId, section.id, many);
      expect(await seats.load(section, [live([1], "sold")], endsSoFar)).toBe("moved");
      expect(await states()).toBe("000");
    });
  });
});

test("claims that arrive together share calls of the script", async () => {
  const { section } = await loadTestSection(
    redis,
    Array.from({ length: 10 }, () => 20),
  );
  const calls: number[] = [];
  const counting = new Proxy(redis, {
    get: (target, name) =>
      name === "evalsha"
        ? (...args: Parameters<typeof redis.evalsha>) => {
            calls.push(1);
            return target.evalsha(...args);
          }
        : Reflect.get(target, name, target),
  });
  const seats = createSeatEngine({ redis: counting, clock: { now: () => 1_000_000 } });
  const claims = Array.from({ length: 128 }, () => seats.claim(claimOf(section, best(1), newBookingId())));
  const outcomes = await Promise.all(claims);
  expect(outcomes.every((outcome) => outcome.outcome === "held")).toBe(true);
  expect(calls).toHaveLength(128 / limits.booking.claimsPerScript);
});

test("past its bound a section answers busy at once and takes nothing for it", async () => {
  const { claim, states } = await loadTestSection(redis, [2]);
  const bound = limits.booking.claimsWaitingPerSection;
  const outcomes = await Promise.all(Array.from({ length: bound + 50 }, () => claim(best(1))));
  expect(outcomes.filter((outcome) => outcome.outcome === "busy")).toHaveLength(50);
  expect(outcomes.filter((outcome) => outcome.outcome === "held")).toHaveLength(2);
  expect(await states()).toBe("11");
});

test("a wish that cannot be is thrown out before it shares a call with others", async () => {
  const { claim, states } = await loadTestSection(redis, [5]);
  const impossible = [best(0), best(limits.booking.seatsPerBooking + 1), best(1.5), best(Number.NaN)];
  const wishes = [...impossible, manual(), manual(1, 1), manual(1.5), manual(-1)];
  const good = claim(manual(0));
  for (const wish of wishes) expect(() => claim(wish)).toThrow("a claim");
  expect(await good).toMatchObject({ outcome: "held" });
  expect(await states()).toBe("10000");
});

test.each([
  ["counts more free seats than its index has", ({ meta }: Keys) => redis.hset(meta, "free", "60")],
  ["has fewer free seats than its index", ({ seats }: Keys) => redis.setrange(seats, 0, "2222")],
])("a section that %s must be loaded, and nothing of the call is taken", async (_, drift) => {
  const { claim, section } = await loadTestSection(redis, [2, 2]);
  const keys = sectionKeys(section.eventId, section.id);
  await drift(keys);
  const state = () =>
    Promise.all([redis.hgetall(keys.meta), redis.hgetall(keys.holds), redis.get(keys.seats)]);
  const before = await state();
  const wishes = [best(2), best(4), best(5)];
  const outcomes = await Promise.all([claim(manual(0)), ...wishes.map((wish) => claim(wish))]);
  expect(outcomes).toEqual(outcomes.map(() => ({ outcome: "section_missing" })));
  expect(await state()).toEqual(before);
});

test("a section that is not loaded says so", async () => {
  const section = seatedSection([3]);
  const seats = createSeatEngine({ redis, clock: { now: () => 0 } });
  expect(await seats.claim(claimOf(section, best(1), newBookingId()))).toEqual({
    outcome: "section_missing",
  });
  expect(await seats.snapshot(section.eventId, section.id)).toBeUndefined();
});
