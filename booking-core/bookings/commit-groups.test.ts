import { expect, test } from "vitest";
import { systemClock } from "../../foundation/clock.ts";
import type { BookingId, EventId, SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { CommitResult } from "./commit-group.ts";
import { createCommitGroups } from "./commit-groups.ts";
import type { NewBooking } from "./new-booking.ts";

const [stuck, other] = ["stuck" as SectionId, "other" as SectionId];
const { bookingsPerCommit, bookingsWaiting, commitsAtOnce } = limits.booking;

/** Stands for Postgres: groups stay open until the test lets them commit. */
function openGroups() {
  const open: { group: readonly NewBooking[]; commit: () => void }[] = [];
  const clock = { nowMs: 0, now: () => clock.nowMs };
  let hangs = true;
  const commit = (group: readonly NewBooking[]): Promise<CommitResult> =>
    hangs
      ? new Promise((resolve) => void open.push({ group, commit: () => resolve(committed(group)) }))
      : Promise.resolve(committed(group));
  const commitAll = () => {
    hangs = false;
    for (const entry of open) entry.commit();
  };
  return { groups: createCommitGroups({ commit, clock }), open, clock, commitAll };
}

let made = 0;
function booking(event = "one"): NewBooking {
  made += 1;
  const id = `b${made}` as BookingId;
  return { id, eventId: event as EventId, mostPerIdentity: null, seats: [] } as unknown as NewBooking;
}

const standing = (sectionId: SectionId): NewBooking =>
  ({ ...booking(), seats: [{ sectionId, seatNumber: null }] }) as unknown as NewBooking;

const committed = (group: readonly NewBooking[]): CommitResult => ({
  outcome: "committed",
  inserted: new Set(group.map((entry) => entry.id)),
  limited: new Map(),
});

test("bookings that come together share transactions of the size that is allowed", async () => {
  const sizes: number[] = [];
  const commit = async (group: readonly NewBooking[]) => {
    sizes.push(group.length);
    return committed(group);
  };
  const groups = createCommitGroups({ commit, clock: systemClock });
  const outcomes = await Promise.all(
    Array.from({ length: bookingsPerCommit + 20 }, () => groups.add(booking())),
  );
  expect(sizes).toEqual([bookingsPerCommit, 20]);
  expect(outcomes.every(({ outcome }) => outcome === "inserted")).toBe(true);
});

test("an event whose commits hang leaves commits to the others", async () => {
  const { groups, open, commitAll } = openGroups();
  const late = Array.from({ length: bookingsPerCommit * commitsAtOnce }, () => groups.add(booking("stuck")));
  const fine = groups.add(booking("other"));
  const find = (eventId: string) => open.filter(({ group }) => group[0]?.eventId === eventId);
  await expect.poll(() => find("other")).toHaveLength(1);
  for (const { commit } of find("other")) commit();
  expect(await fine).toEqual({ outcome: "inserted" });
  expect(find("stuck").length).toBeLessThan(commitsAtOnce);
  commitAll();
  await groups.drain();
  expect((await Promise.all(late)).every(({ outcome }) => outcome === "inserted")).toBe(true);
});

test("a third event is written while the commits of two others hang, and a fourth, up to a bound", async () => {
  const { groups, open, commitAll } = openGroups();
  const many = Array.from({ length: bookingsPerCommit * commitsAtOnce }, () => groups.add(booking("e0")));
  await expect.poll(() => open).toHaveLength(commitsAtOnce - 1);
  const later = Array.from({ length: 3 * commitsAtOnce }, (_, index) => groups.add(booking(`e${index + 1}`)));
  const eventOf = ({ group }: { group: readonly NewBooking[] }) => group[0]?.eventId;
  await expect.poll(() => open).toHaveLength(2 * commitsAtOnce);
  expect(new Set(open.map(eventOf)).size).toBe(commitsAtOnce + 2);
  open.find((entry) => eventOf(entry) === "e2")?.commit();
  expect(await later[1]).toEqual({ outcome: "inserted" });
  expect(open.length).toBeLessThanOrEqual(2 * commitsAtOnce + 1);
  commitAll();
  await groups.drain();
  expect((await Promise.all([...many, ...later])).every(({ outcome }) => outcome === "inserted")).toBe(true);
});

test("past its bound the queue says busy at once, until some have been written", async () => {
  const { groups, open, commitAll } = openGroups();
  const running = bookingsPerCommit * (commitsAtOnce - 1);
  const accepted = Array.from({ length: bookingsWaiting + running }, () => groups.add(booking()));
  expect(await groups.add(booking())).toEqual({ outcome: "busy" });
  open[0]?.commit();
  await expect.poll(() => open.length).toBe(commitsAtOnce);
  accepted.push(groups.add(booking()));
  commitAll();
  await groups.drain();
  expect((await Promise.all(accepted)).every(({ outcome }) => outcome === "inserted")).toBe(true);
});

test("a booking that waited until its buyer was answered is not written any more", async () => {
  const { groups, open, clock, commitAll } = openGroups();
  const running = Array.from({ length: bookingsPerCommit * (commitsAtOnce - 1) }, () =>
    groups.add(booking()),
  );
  const late = groups.add(booking());
  clock.nowMs = limits.http.answerTimeoutMs;
  commitAll();
  expect(await late).toEqual({ outcome: "busy" });
  expect(await Promise.all(running)).not.toContainEqual({ outcome: "busy" });
  expect(open).toHaveLength(commitsAtOnce - 1);
});

test("a refused group is tried one by one, until Postgres goes away", async () => {
  const sizes: number[] = [];
  const commit = async (group: readonly NewBooking[]): Promise<CommitResult> => {
    sizes.push(group.length);
    if (group.length > 1) return { outcome: "taken" };
    return sizes.length < 4 ? committed(group) : { outcome: "unavailable" };
  };
  const groups = createCommitGroups({ commit, clock: systemClock });
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => groups.add(booking())));
  expect(sizes).toEqual([10, 1, 1, 1]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual([
    ...["inserted", "inserted"],
    ...Array.from({ length: 8 }, () => "unavailable"),
  ]);
});

test("one by one, too, nobody is written whose buyer has been answered", async () => {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  let alone = 0;
  const commit = async (group: readonly NewBooking[]): Promise<CommitResult> => {
    if (group.length > 1) return { outcome: "taken" };
    alone += 1;
    clock.nowMs += limits.booking.commitTimeoutMs - 1;
    return committed(group);
  };
  const groups = createCommitGroups({ commit, clock });
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => groups.add(booking())));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual([
    ...Array.from({ length: alone }, () => "inserted"),
    ...Array.from({ length: 10 - alone }, () => "busy"),
  ]);
  expect(clock.nowMs).toBeLessThan(limits.http.answerTimeoutMs);
});

test("of a group with many locked rows a few are waited for, so that all hear in time", async () => {
  const sizes: number[] = [];
  const commit = async (group: readonly NewBooking[]): Promise<CommitResult> => {
    sizes.push(group.length);
    return { outcome: "locked", sectionId: undefined };
  };
  const groups = createCommitGroups({ commit, clock: systemClock });
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => groups.add(booking())));
  expect(sizes).toEqual([10, 1, 1, 1]);
  expect(outcomes).toEqual(outcomes.map(() => ({ outcome: "unavailable" })));
});

test("those who need a locked section's row are refused together, and the others share a commit again", async () => {
  const sizes: number[] = [];
  const isStuck = ({ seats }: NewBooking) => seats.some(({ sectionId }) => sectionId === stuck);
  const commit = async (group: readonly NewBooking[]): Promise<CommitResult> => {
    sizes.push(group.length);
    return group.some(isStuck) ? { outcome: "locked", sectionId: stuck } : committed(group);
  };
  const groups = createCommitGroups({ commit, clock: systemClock });
  const places = Array.from({ length: 10 }, (_, index) => (index < 6 ? stuck : other));
  const outcomes = await Promise.all(places.map((sectionId) => groups.add(standing(sectionId))));
  expect(sizes).toEqual([10, 4]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(
    places.map((sectionId) => (sectionId === stuck ? "unavailable" : "inserted")),
  );
});
