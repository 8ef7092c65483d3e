import { expect, test } from "vitest";
import { createCache } from "./generation-cache.ts";

const keys = Array.from({ length: 1_000 }, (_, index) => `key-${index}`);

test("never more is kept than given", () => {
  const cache = createCache<number>(10);
  for (const [index, key] of keys.entries()) cache.set(key, index);
  const kept = keys.filter((key) => cache.get(key) !== undefined);
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(cache.get("key-999")).toBe(999);
});

test("what is asked for again and again outlives what came once", () => {
  const cache = createCache<number>(10);
  cache.set("often", 1);
  for (const key of keys) {
    cache.set(key, 0);
    expect(cache.get("often")).toBe(1);
  }
});
