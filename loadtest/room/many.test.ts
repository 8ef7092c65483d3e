import { expect, test } from "vitest";
import { forMany } from "./many.ts";
import { medianOf } from "./step-figures.ts";

test("everything is done once, and never more at once than asked for", async () => {
  const done: number[] = [];
  let [running, most] = [0, 0];
  await forMany(Array(50).keys(), 4, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    done.push(item);
  });
  expect(done.toSorted((left, right) => left - right)).toEqual([...Array(50).keys()]);
  expect(most).toBe(4);
});

test("a failure is heard of", async () => {
  const fail = () => Promise.reject(new Error("no place"));
  await expect(forMany([1, 2, 3], 2, fail)).rejects.toThrow("no place");
});

test("a median is one of the times, and of none there is none", () => {
  expect(medianOf([9, 1, 5])).toBe(5);
  expect(medianOf([])).toBeNaN();
});
