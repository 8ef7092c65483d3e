import { expect, test } from "vitest";
import { languageOf } from "./language.ts";

test.each([
  [undefined, "en"],
  ["", "en"],
  ["de", "de"],
  ["de-CH,de;q=0.9,en;q=0.8", "de"],
  ["en-GB, de;q=0.5", "en"],
  ["fr, de;q=0.2", "de"],
  ["de;q=0, en;q=0.1", "en"],
  ["DE-at ; q=0.3 , fr", "de"],
  ["*", "en"],
  ["de;q=nonsense", "en"],
  [`${"x,".repeat(10_000)}de`, "en"],
])("%j is %s", (header, language) => {
  expect(languageOf(header?.slice(0, 30_000))).toBe(language);
});
