import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { BookingId } from "../../foundation/ids.ts";
import { sectionKeys } from "../../foundation/redis/keys.ts";
import { connectTestRedis } from "../../test/harness/redis.ts";
import type { Wish } from "./claim.ts";
import { createSeatModel } from "./seat-model.ts";
import { loadStandingSection, loadTestSection, newBookingId, type TestSection } from "./test-section.ts";

const redis = connectTestRedis();
afterAll(() => redis.disconnect());

type Command =
  | { readonly kind: "claim"; readonly booking: number; readonly hash: string; readonly wish: Wish }
  | { readonly kind: "release" | "confirm"; readonly booking: number }
  | { readonly kind: "read" }
  | { readonly kind: "load" };

// Few bookings and few seats: collisions are the point.
const booking = fc.integer({ min: 0, max: 9 });
const wish: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({ mode: fc.constant("best-available" as const), quantity: fc.integer({ min: 1, max: 6 }) }),
  fc.record({
    mode: fc.constant("manual" as const),
    seatNumbers: fc.uniqueArray(fc.integer({ min: 0, max: 21 }), { minLength: 1, maxLength: 4 }),
  }),
);
const commands = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant("claim" as const),
        booking,
        hash: fc.constantFrom("a", "a", "a", "b"),
        wish,
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("release" as const), booking }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("confirm" as const), booking }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("read" as const, "load" as const) }) },
  ),
  { minLength: 10, maxLength: 60 },
) as fc.Arbitrary<Command[]>;

/** A section is built from what was read of Postgres before, maybe long before. */
async function follow(tested: TestSection, steps: readonly Command[]): Promise<void> {
  const { capacity, kind } = tested.section;
  const model = createSeatModel(capacity, kind);
  const ids: BookingId[] = Array.from({ length: 10 }, newBookingId);
  const read = async () => ({ ends: await tested.ends(), live: model.live() });
  let reading = await read();
  for (const step of steps) {
    if (step.kind === "load") await tested.seats.load(tested.section, reading.live, reading.ends);
    if (step.kind === "read" || step.kind === "load") reading = await read();
    else if (step.kind === "claim") await claimBoth(tested, model, ids[step.booking] as BookingId, step);
    else await endBoth(tested, model, ids[step.booking] as BookingId, step.kind);
    await expectSame(tested, model);
  }
}

type Model = ReturnType<typeof createSeatModel>;

async function claimBoth(
  tested: TestSection,
  model: Model,
  bookingId: BookingId,
  { wish, hash }: Extract<Command, { kind: "claim" }>,
): Promise<void> {
  const wanted = model.expected(bookingId, hash, wish);
  const outcome = await tested.claim(wish, bookingId, hash);
  expect(sorted(outcome)).toMatchObject(sorted(wanted));
  expect(model.accept(bookingId, hash, outcome)).toBeUndefined();
}

async function endBoth(
  { seats, section }: TestSection,
  model: Model,
  bookingId: BookingId,
  kind: "release" | "confirm",
): Promise<void> {
  await seats[kind](section.eventId, section.id, [bookingId]);
  model[kind](bookingId);
}

function sorted<Outcome extends object>(outcome: Outcome): Outcome {
  if (!("seatNumbers" in outcome)) return outcome;
  return { ...outcome, seatNumbers: (outcome.seatNumbers as number[]).toSorted((a, b) => a - b) };
}

async function expectSame(tested: TestSection, model: Model): Promise<void> {
  const { seats, section } = tested;
  const snapshot = await seats.snapshot(section.eventId, section.id);
  expect([snapshot?.seats, snapshot?.free]).toEqual([model.states(), model.free()]);
  const holds = await seats.holds(section.eventId, section.id);
  expect(new Map(holds.map((hold) => [hold.bookingId, hold.state]))).toEqual(model.holdStates());
  const unpaid = await seats.unpaidHolds(section.eventId, section.id, 0, Number.MAX_SAFE_INTEGER);
  const held = holds.filter((hold) => hold.state === "held").map((hold) => hold.bookingId);
  expect(unpaid.toSorted()).toEqual(held.toSorted());
  await expectIndex(tested, model.states());
}

/** The index of rows says of each its longest run of free seats. */
async function expectIndex({ section }: TestSection, states: string): Promise<void> {
  if (section.kind === "standing") return;
  const index = await redis.getBuffer(sectionKeys(section.eventId, section.id).rows);
  let first = 0;
  for (const [row, { seats }] of section.rows.entries()) {
    const runs = states.slice(first, first + seats).match(/f+/g) ?? [];
    expect(index?.[row]).toBe(Math.max(0, ...runs.map((run) => run.length)));
    first += seats;
  }
}

test("the scripts do what the model does, whatever happens in whatever order", async () => {
  const property = fc.asyncProperty(
    commands,
    fc.constantFrom([5, 8, 7], [20], [1, 2, 3, 4, 5, 5]),
    async (steps, rows) => follow(await loadTestSection(redis, rows), steps),
  );
  await fc.assert(property, { numRuns: 40 });
});

test("the same for a standing section", async () => {
  const property = fc.asyncProperty(commands, async (steps) =>
    follow(await loadStandingSection(redis, 20), steps),
  );
  await fc.assert(property, { numRuns: 40 });
});
