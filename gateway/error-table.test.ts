import { readFileSync } from "node:fs";
import { STATUS_CODES } from "node:http";
import { expect, test } from "vitest";
import type { ErrorEntry } from "../foundation/error-entry.ts";
import { errorTable } from "../foundation/errors.ts";
import { errorsMarkdown } from "./docs/errors-table.ts";
import { errorsOf } from "./openapi.ts";
import { routes } from "./routes.ts";
import { problemSchema, problemView } from "./wire/problem.ts";

const entries = Object.entries(errorTable) as [keyof typeof errorTable, ErrorEntry][];

test("docs/errors.md says what the table says (node gateway/errors-doc.ts writes it)", () => {
  const file = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
  expect(file).toBe(errorsMarkdown());
});

test.each(entries)("%s has a real status, and a sentence for what happened and what to do", (code, entry) => {
  expect(STATUS_CODES[entry.status]).toBeDefined();
  expect(entry.status).toBeGreaterThanOrEqual(400);
  expect(entry.title).toMatch(/^[A-Z].*\.$/);
  expect(entry.advice).toMatch(/^[A-Z].*\.$/);
  const problem = problemView({ refusal: code }, "https://onsale.example", "r-1");
  expect(problemSchema.parse(problem)).toMatchObject({ code, status: entry.status, requestId: "r-1" });
});

test("a busy or absent part is retryable, and so is nothing that the client must mend", () => {
  for (const [code, { status, retryable }] of entries) {
    if (status >= 500) expect([code, retryable]).toEqual([code, true]);
    if ([400, 401, 403, 404, 405, 413, 415, 422].includes(status))
      expect([code, retryable]).toEqual([code, false]);
  }
});

test("every code can be answered by some route or by the gateway itself", () => {
  const ofGateway = ["method_not_allowed", "metrics_token_wrong", "upgrade_required", "forbidden"];
  const answered = new Set([...routes.flatMap(errorsOf), ...ofGateway]);
  expect(entries.map(([code]) => code).filter((code) => !answered.has(code))).toEqual([]);
});
