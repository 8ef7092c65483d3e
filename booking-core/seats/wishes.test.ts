import { afterAll, describe, expect, test } from "vitest";
import { connectTestRedis } from "../../test/harness/redis.ts";
import type { Wish } from "./claim.ts";
import { houseClass } from "./seat-bytes.ts";
import { best, loadStandingSection, loadTestSection, manual, newBookingId } from "./test-section.ts";

const redis = connectTestRedis();
afterAll(() => redis.disconnect());

const strict = (...seatNumbers: number[]) => ({ ...manual(...seatNumbers), allowsSingles: false }) as Wish;
const any = (...seatNumbers: number[]) => ({ ...manual(...seatNumbers), least: 1 }) as Wish;
const upTo = (quantity: number, least: number, ...segments: number[]): Wish => ({
  mode: "best-available",
  quantity,
  least,
  segments: [segments],
});

describe("best-available in a block", () => {
  test("takes the seats nearest to the centre, the lower ones of two that are as near", async () => {
    const { claim } = await loadTestSection(redis, [{ seats: 11, centre: 5 }]);
    expect(await claim(best(3))).toMatchObject({ seatNumbers: [4, 5, 6] });
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [2, 3] });
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [7, 8] });
  });

  test("moves off the centre where it would leave a single seat", async () => {
    const { claim } = await loadTestSection(redis, [{ seats: 5, centre: 2 }]);
    expect(await claim(best(3))).toMatchObject({ seatNumbers: [0, 1, 2] });
  });

  test("does not sit people across an aisle", async () => {
    const { claim } = await loadTestSection(redis, [2, 2, 3]);
    expect(await claim(best(3))).toMatchObject({ seatNumbers: [4, 5, 6] });
  });
});

describe("best-available among blocks", () => {
  test("takes the better rank, also where it leaves a single seat", async () => {
    const { claim } = await loadTestSection(redis, [
      { seats: 3, rank: 0 },
      { seats: 4, rank: 1 },
    ]);
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [0, 1] });
  });

  test("looks at sixteen blocks of the same rank for one where it leaves no single seat", async () => {
    const withPair = (threes: number) => [...Array.from({ length: threes }, () => 3), 4];
    const near = await loadTestSection(redis, withPair(15));
    expect(await near.claim(best(2))).toMatchObject({ seatNumbers: [45, 46] });
    const far = await loadTestSection(redis, withPair(16));
    expect(await far.claim(best(2))).toMatchObject({ seatNumbers: [0, 1] });
  });

  test("finds the last free seats among thousands of blocks", async () => {
    const blocks = Array.from({ length: 700 }, () => 2);
    const { claim, seats, section, ends } = await loadTestSection(redis, blocks);
    const bookingId = newBookingId();
    const seatNumbers = Array.from({ length: 1_398 }, (_, seat) => seat);
    const sold = { bookingId, requestHash: "hash", seatNumbers, quantity: 1_398, deadlineMs: 0 };
    await seats.load(section, [{ ...sold, state: "sold" }], await ends());
    expect(await claim(best(2))).toMatchObject({ seatNumbers: [1_398, 1_399] });
    expect(await claim(best(1))).toEqual({ outcome: "sold_out", free: 0 });
  });
});

describe("best-available of several segments", () => {
  const twoSegments = [{ seats: 3 }, { seats: 4, segment: 1 }];

  test("takes the first in the order of preference that alone has enough", async () => {
    const { claim } = await loadTestSection(redis, twoSegments);
    expect(await claim(best(2, [1, 0]))).toMatchObject({ seatNumbers: [3, 4] });
    expect(await claim(best(3, [1, 0]))).toMatchObject({ seatNumbers: [0, 1, 2] });
  });

  test("takes several of one category before the next, and all where no category has enough", async () => {
    const blocks = [{ seats: 1 }, { seats: 1, segment: 1 }, { seats: 3, segment: 2 }];
    const open = () => loadTestSection(redis, blocks);
    expect(await (await open()).claim(best(2, [[0, 1], [2]]))).toMatchObject({ seatNumbers: [0, 1] });
    expect(await (await open()).claim(best(2, [[0, 1, 2]]))).toMatchObject({ seatNumbers: [2, 3] });
    expect(await (await open()).claim(best(3, [[0, 1], [2]]))).toMatchObject({ seatNumbers: [2, 3, 4] });
    expect(await (await open()).claim(best(4, [[0, 1], [2]]))).toMatchObject({ seatNumbers: [0, 1, 2, 3] });
    expect(await (await open()).claim(best(6, [[0, 1], [2]]))).toEqual({ outcome: "sold_out", free: 5 });
  });

  test("takes what each has where none has enough alone", async () => {
    const { claim, seats, section } = await loadTestSection(redis, twoSegments);
    expect(await claim(best(6, [1, 0]))).toMatchObject({ seatNumbers: [0, 1, 3, 4, 5, 6], quantity: 6 });
    expect(await seats.counts(section.eventId, [section.id])).toEqual([{ free: [1, 0], held: [2, 4] }]);
  });

  test("takes fewer where fewer are welcome, and of no other segment", async () => {
    const { claim } = await loadTestSection(redis, twoSegments);
    expect(await claim(best(4, [0]))).toEqual({ outcome: "sold_out", free: 3 });
    expect(await claim(upTo(4, 2, 0))).toMatchObject({ seatNumbers: [0, 1, 2], quantity: 3 });
    expect(await claim(upTo(4, 1, 0))).toEqual({ outcome: "sold_out", free: 0 });
  });

  test("a standing section gives fewer where fewer are welcome", async () => {
    const { claim } = await loadStandingSection(redis, 3);
    expect(await claim(upTo(5, 4, 0))).toEqual({ outcome: "sold_out", free: 3 });
    expect(await claim(upTo(5, 3, 0))).toMatchObject({ seatNumbers: [], quantity: 3 });
  });
});

describe("manual", () => {
  test("takes what is free of the seats where any is welcome", async () => {
    const { claim, states } = await loadTestSection(redis, [5]);
    await claim(manual(1));
    expect(await claim(any(0, 1, 4))).toMatchObject({ seatNumbers: [0, 4], quantity: 2 });
    expect(await claim(any(0, 1))).toEqual({ outcome: "seats_taken", seatNumbers: [0, 1] });
    expect(await states()).toBe("11001");
  });

  test("refuses a choice that leaves a single seat which could be spared", async () => {
    const { claim, states } = await loadTestSection(redis, [5]);
    expect(await claim(strict(1, 2))).toEqual({ outcome: "leaves_single", seatNumbers: [0] });
    expect(await claim(strict(0, 2))).toEqual({ outcome: "leaves_single", seatNumbers: [1] });
    expect(await states()).toBe("00000");
    expect(await claim(strict(0, 1, 2))).toMatchObject({ outcome: "held" });
  });

  test("refuses it for what is really taken, too, where any of the seats is welcome", async () => {
    const { claim, states } = await loadTestSection(redis, [5]);
    await claim(manual(0));
    const strictAny = { ...any(0, 2), allowsSingles: false } as Wish;
    expect(await claim(strictAny)).toEqual({ outcome: "leaves_single", seatNumbers: [1] });
    expect(await states()).toBe("10000");
    expect(await claim({ ...any(0, 1), allowsSingles: false } as Wish)).toMatchObject({ seatNumbers: [1] });
  });

  test("refuses it for the ordinary seats among others, and only ordinary ones are left alone", async () => {
    const marks = [
      [0, 2],
      [6, 1],
    ] as const;
    const { claim, states } = await loadTestSection(redis, [1, 6], marks);
    expect(await claim(strict(0, 2))).toEqual({ outcome: "leaves_single", seatNumbers: [1] });
    expect(await claim(strict(0, 1, 2, 6))).toMatchObject({ seatNumbers: [0, 1, 2, 6] });
    expect(await states()).toBe("7110004");
    const beside = await loadTestSection(redis, [3], [[1, 1]]);
    expect(await beside.claim(strict(0))).toMatchObject({ outcome: "held" });
  });

  test("allows it where a single seat is left whatever is chosen there", async () => {
    const { claim } = await loadTestSection(redis, [3]);
    expect(await claim(strict(1, 2))).toMatchObject({ outcome: "held" });
    expect(await claim(strict(0))).toMatchObject({ outcome: "held" });
  });
});

describe("seats that are not ordinary", () => {
  const group: Wish = {
    mode: "groups",
    groups: [
      [0, 1],
      [2, 3],
    ],
  };
  const house = (quantity: number, least: number, seatClass: number): Wish => ({
    mode: "among",
    quantity,
    least,
    class: seatClass,
    runs: [[4, 4]],
  });

  test("are not given to who asks for the best, and to who names them neither blocked nor of the house", async () => {
    const marks = [1, 2, 3, 4].map((seatClass, seat) => [seat, seatClass] as const);
    const { claim, seats, section } = await loadTestSection(redis, [5], marks);
    expect(await seats.counts(section.eventId, [section.id])).toEqual([{ free: [1], held: [0] }]);
    expect(await claim(manual(0, 2, 3))).toEqual({ outcome: "seats_taken", seatNumbers: [2, 3] });
    expect(await claim(best(1))).toMatchObject({ seatNumbers: [4] });
    expect(await claim(best(1))).toEqual({ outcome: "sold_out", free: 0 });
    expect(await claim(any(0, 1, 2, 3, 4))).toMatchObject({ seatNumbers: [0, 1] });
  });

  test("accessible seats with their companions are the first group that is free", async () => {
    const marks = [
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 2],
    ] as const;
    const { claim, states } = await loadTestSection(redis, [6], marks);
    expect(await claim(group)).toMatchObject({ seatNumbers: [0, 1] });
    expect(await claim(group)).toMatchObject({ seatNumbers: [2, 3] });
    expect(await claim(group)).toEqual({ outcome: "sold_out", free: 0 });
    expect(await states()).toBe("474700");
  });

  test("a group with a blocked seat is not free", async () => {
    const { claim } = await loadTestSection(redis, [6], [[1, 3]]);
    expect(await claim(group)).toMatchObject({ seatNumbers: [2, 3] });
  });

  test("house seats go to those who ask for their pool, side by side where that can be", async () => {
    const [mine, other] = [houseClass(1), houseClass(0)];
    const marks = [4, 6, 7].map((seat) => [seat, mine] as const);
    const { claim } = await loadTestSection(redis, [8], marks);
    expect(await claim(house(1, 1, other))).toEqual({ outcome: "sold_out", free: 0 });
    expect(await claim(house(2, 2, mine))).toMatchObject({ seatNumbers: [6, 7] });
    expect(await claim(house(2, 2, mine))).toEqual({ outcome: "sold_out", free: 1 });
    expect(await claim(house(2, 1, mine))).toMatchObject({ seatNumbers: [4], quantity: 1 });
  });

  test("marking changes free seats at once, and held ones keep their state", async () => {
    const { claim, states, seats, section } = await loadTestSection(redis, [4]);
    const bookingId = newBookingId();
    await claim(manual(0), bookingId);
    const marks = [0, 1, 2].map((seat) => [seat, 3] as const);
    expect(await seats.mark(section.eventId, section.id, marks)).toBe("marked");
    expect(await states()).toBe(":990");
    expect(await claim(best(2))).toEqual({ outcome: "sold_out", free: 1 });
    await seats.release(section.eventId, section.id, [bookingId]);
    expect(await seats.mark(section.eventId, section.id, [[0, 0]])).toBe("marked");
    expect(await claim(best(1))).toMatchObject({ seatNumbers: [0] });
  });

  test("no seat is marked that the section does not have", async () => {
    const { seats, section, states } = await loadTestSection(redis, [2]);
    await expect(seats.mark(section.eventId, section.id, [[2, 3]])).rejects.toThrow(
      "has not all of the seats",
    );
    expect(await states()).toBe("00");
  });
});
