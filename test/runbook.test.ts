import { expect, test } from "vitest";
import { readSources } from "../setup/sources.ts";

const [runbook] = readSources("docs/runbook.md");
const quoted = [...(runbook?.text ?? "").matchAll(/\blog: `([^`]+)`/g)].map(([, line]) => line ?? "");
const code = readSources(".ts").filter(({ path }) => !path.endsWith(".test.ts"));

test("the runbook quotes lines of the log", () => {
  expect(quoted.length).toBeGreaterThan(5);
});

test.each(quoted)("the log says what the runbook quotes: %s", (line) => {
  const saying = code.filter(({ text }) => text.includes(`"${line}`));
  expect(saying.map(({ path }) => path)).not.toEqual([]);
});
