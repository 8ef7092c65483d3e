import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDeadlines } from "./deadlines.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const due: string[] = [];
  return { due, deadlines: createDeadlines<string>(1_000, (item) => due.push(item)) };
}

test("each is told of when its own time is over, not before", () => {
  const { due, deadlines } = setUp();
  deadlines.add("first");
  vi.advanceTimersByTime(400);
  deadlines.add("second");
  vi.advanceTimersByTime(599);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(due).toEqual(["first"]);
  vi.advanceTimersByTime(399);
  expect(due).toEqual(["first"]);
  vi.advanceTimersByTime(1);
  expect(due).toEqual(["first", "second"]);
});

test("who is taken back is never told of, and shortens nobody's time", () => {
  const { due, deadlines } = setUp();
  deadlines.add("taken back");
  vi.advanceTimersByTime(900);
  deadlines.add("stays");
  deadlines.remove("taken back");
  vi.advanceTimersByTime(999);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(due).toEqual(["stays"]);
});

test("one timer is enough for all, and none is left when nobody waits", () => {
  const { due, deadlines } = setUp();
  for (let count = 0; count < 100; count += 1) deadlines.add(`request ${count}`);
  expect(vi.getTimerCount()).toBe(1);
  for (let count = 0; count < 100; count += 1) deadlines.remove(`request ${count}`);
  vi.advanceTimersByTime(1_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(due).toEqual([]);
  deadlines.add("later");
  vi.advanceTimersByTime(1_000);
  expect(due).toEqual(["later"]);
});

test("who is added while others are told of has its time", () => {
  const due: string[] = [];
  const deadlines = createDeadlines<string>(1_000, (item) => {
    due.push(item);
    if (item === "first") deadlines.add("again");
  });
  deadlines.add("first");
  vi.advanceTimersByTime(1_999);
  expect(due).toEqual(["first"]);
  vi.advanceTimersByTime(1);
  expect(due).toEqual(["first", "again"]);
});
