import { expect, test } from "vitest";
import { untidy } from "./tidy.ts";

test.each([
  ["a name in capitals", { path: "app/Thing.ts", text: "" }],
  ["a file named helpers", { path: "app/seat-helpers.ts", text: "" }],
  ["a file of 500 lines", { path: "app/long.ts", text: "\n".repeat(500) }],
  ["a synonym of booking", { path: "app/x.ts", text: "// a reservation" }],
  ["an enum", { path: "app/x.ts", text: "enum Color { Red }" }],
  ["a sleep in a test", { path: "app/x.test.ts", text: "setTimeout(resolve, 500)" }],
  ["a test that is switched off", { path: "app/x.test.ts", text: 'test.skip("x")' }],
])("%s is untidy", (_what, source) => {
  expect(untidy(source)).toHaveLength(1);
});

test("an ordinary file is tidy", () => {
  expect(untidy({ path: "app/seat-map.ts", text: "export const seats = 1;\n" })).toEqual([]);
});
