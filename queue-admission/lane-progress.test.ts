import { expect, test } from "vitest";
import { createLaneProgress } from "./lane-progress.ts";

test("numbers that were never given are not progress, also when the room has forgotten that they are missing", () => {
  const progress = createLaneProgress();
  expect(progress({ served: 10, last: 24, gaps: [] })).toEqual({ servedUpTo: 10, lastNumber: 24 });
  const gap = { from: 25, upTo: 100_000 };
  expect(progress({ served: 20, last: 100_003, gaps: [gap] })).toEqual({ servedUpTo: 20, lastNumber: 27 });
  expect(progress({ served: 60_000, last: 100_003, gaps: [gap] })).toEqual({
    servedUpTo: 24,
    lastNumber: 27,
  });
  expect(progress({ served: 100_001, last: 100_003, gaps: [] })).toEqual({ servedUpTo: 25, lastNumber: 27 });
});
