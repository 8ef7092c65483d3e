import { expect, test } from "vitest";
import { isUuid, uuidFromParts, uuidV7 } from "./ids.ts";

test("a version 7 id is a UUID that sorts by its time", () => {
  const earlier = uuidV7(1_700_000_000_000);
  const later = uuidV7(1_700_000_000_001);
  expect(isUuid(earlier)).toBe(true);
  expect(earlier[14]).toBe("7");
  expect(earlier < later).toBe(true);
});

test("ten thousand ids of one millisecond are all different", () => {
  const ids = new Set(Array.from({ length: 10_000 }, () => uuidV7(1_700_000_000_000)));
  expect(ids.size).toBe(10_000);
});

test("the id of parts is one for good: retries of a request may meet another version of ours", () => {
  expect(uuidFromParts("booking", "a", "b")).toBe("0af0351b-b629-89a6-8ed6-3f6aa62d334d");
  expect(uuidFromParts("x")).toBe("553f121d-1ece-82a1-b42c-9c2c999380c9");
});

test("the same parts give the same id, and parts are not run together", () => {
  expect(uuidFromParts("booking", "a", "b")).toBe(uuidFromParts("booking", "a", "b"));
  expect(uuidFromParts("booking", "ab", "c")).not.toBe(uuidFromParts("booking", "a", "bc"));
  expect(uuidFromParts("booking", "a:1", "b")).not.toBe(uuidFromParts("booking", "a", "1:b"));
  expect(isUuid(uuidFromParts("x"))).toBe(true);
});
