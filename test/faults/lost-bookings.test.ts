import { expect, test } from "vitest";
import { problemsOf } from "./lost-bookings.ts";
import { seatsProblem, type ToldBooking } from "./told-booking.ts";

const deadlineMs = 1_790_000_000_000;
const seats = [0, 1, 2].map((position) => ({ position, sectionId: "stalls", seatNumber: 10 + position }));
const row = {
  id: "one",
  status: "paid",
  deadline: new Date(deadlineMs),
  ended_at: null,
  extended: false,
  seats: ["stalls/10", "stalls/11", "stalls/12"],
  given_back: [] as number[],
  live: [0, 1, 2],
};

function booking(changed: Partial<ToldBooking> = {}): ToldBooking {
  return {
    ...{ id: "one", key: "key", eventId: "event", token: "token", wishes: [], seats, deadlineMs },
    ...{ approved: true, cancelled: "no", putOff: "no", givenBack: new Map() },
    ...changed,
  };
}

const gave = (asking: "asked" | "done") => booking({ givenBack: new Map([[1, asking]]) });
const fewer = { ...row, given_back: [1], live: [0, 2] };

test("fewer live seats are right exactly where an answered release says so", () => {
  expect(problemsOf(booking(), row)).toEqual([]);
  expect(problemsOf(gave("done"), fewer)).toEqual([]);
  expect(problemsOf(booking(), fewer)).toEqual([expect.stringContaining("has given back 1")]);
  expect(problemsOf(gave("done"), row)).toEqual([expect.stringContaining("has given back nothing")]);
  expect(problemsOf(gave("done"), { ...fewer, live: [0] })).toEqual([expect.stringContaining("live are")]);
  expect(problemsOf(gave("done"), { ...fewer, given_back: [1, 2], live: [0] })).toHaveLength(1);
});

test("a release that nobody answered may have been done or not, and nothing else", () => {
  expect(problemsOf(gave("asked"), fewer)).toEqual([]);
  expect(problemsOf(gave("asked"), row)).toEqual([]);
  expect(problemsOf(gave("asked"), { ...fewer, given_back: [2], live: [0, 1] })).toHaveLength(1);
});

test("a booking is cancelled where that was answered, and nowhere else", () => {
  const cancelled = { ...row, status: "cancelled", ended_at: new Date(deadlineMs - 1), live: [] };
  expect(problemsOf(booking({ cancelled: "done" }), cancelled)).toEqual([]);
  expect(problemsOf(booking({ cancelled: "asked" }), cancelled)).toEqual([]);
  expect(problemsOf(booking(), cancelled)).toHaveLength(1);
  expect(problemsOf(booking({ cancelled: "done" }), row)).toHaveLength(1);
});

test("a deadline is as it was answered last, and no booking expires before it", () => {
  const putOff = { ...row, extended: true, deadline: new Date(deadlineMs + 4_000) };
  const told = booking({ putOff: "done", deadlineMs: deadlineMs + 4_000 });
  expect(problemsOf(told, putOff)).toEqual([]);
  expect(problemsOf(booking(), putOff)).toHaveLength(1);
  expect(problemsOf(told, row)).toHaveLength(1);
  expect(problemsOf(told, { ...putOff, deadline: new Date(deadlineMs) })).toHaveLength(1);
  const ended = { ...putOff, status: "expired", live: [] };
  expect(problemsOf(told, { ...ended, ended_at: new Date(deadlineMs + 4_001) })).toEqual([]);
  expect(problemsOf(told, { ...ended, ended_at: new Date(deadlineMs + 3_999) })).toHaveLength(1);
});

test("an answer shows what was given back before it was asked for no more, and all else", () => {
  const without = (position: number) => seats.filter((seat) => seat.position !== position);
  expect(seatsProblem(booking(), seats, [])).toBeUndefined();
  expect(seatsProblem(booking(), without(1), [])).toBeDefined();
  expect(seatsProblem(gave("asked"), without(1), [])).toBeUndefined();
  expect(seatsProblem(gave("done"), without(1), [1])).toBeUndefined();
  expect(seatsProblem(gave("done"), seats, [1])).toBeDefined();
  expect(seatsProblem(gave("done"), without(2), [])).toBeDefined();
  expect(seatsProblem(booking(), [...seats, { ...seats[0], position: 3 } as never], [])).toBeDefined();
});
