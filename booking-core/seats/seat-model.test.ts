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
  | { readonly kind: "load" };

// Few bookings and few seats: collisions are the point.
const booking = fc.integer({ min: 0, max: 14 });
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
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("confirm" as const), booking }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("load" as const) }) },
  ),
  { minLength: 10, maxLength: 40 },
) as fc.Arbitrary<Command[]>;

async function follow(tested: TestSection, steps: readonly Command[]): Promise<void> {
  const { seats, section } = tested;
  const { eventId, id: sectionId, capacity, kind } = section;
  const model = createSeatModel(capacity, kind);
  const ids: BookingId[] = Array.from({ length: 15 }, newBookingId);
  for (const step of steps) {
    if (step.kind === "load") {
      await seats.load(section, model.live(), await seats.endsSoFar(eventId, sectionId));
    } else {
      const bookingId = ids[step.booking] as BookingId;
      if (step.kind === "claim") {
        const wanted = model.expected(bookingId, step.hash, step.wish);
        const outcome = await tested.claim(step.wish, bookingId, step.hash);
        const sorted =
          "seatNumbers" in outcome
            ? { ...outcome, seatNumbers: outcome.seatNumbers.toSorted((a, b) => a - b) }
            : outcome;
        const wantedSorted =
          "seatNumbers" in wanted
            ? { ...wanted, seatNumbers: (wanted.seatNumbers as number[]).toSorted((a, b) => a - b) }
            : wanted;
        expect(sorted).toMatchObject(wantedSorted);
        expect(model.accept(bookingId, step.hash, outcome)).toBeUndefined();
      } else {
        await seats[step.kind](eventId, sectionId, [bookingId]);
        model[step.kind](bookingId);
      }
    }
    const snapshot = await seats.snapshot(eventId, sectionId);
    expect([snapshot?.seats, snapshot?.free]).toEqual([model.states(), model.free()]);
    await expectIndex(tested, model.states());
  }
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
  await fc.assert(property, { numRuns: 20 });
});
