import { expect, test } from "vitest";
import { bench } from "./test-bench.ts";

test.each([
  ["a suite that does not exist", ["rooms"]],
  ["a part that does not exist", ["room", "--only", "nothing"]],
  ["an option that does not exist", ["room", "--quick"]],
])("%s is a broken run, not a missed bar", async (_what, args) => {
  expect(await bench(...args)).toMatchObject({ code: 2, stdout: "" });
});
