import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { saidOfRequests } from "./said-of-requests.ts";

test("of a broken promise that names its request, what was logged about it is told, and of which process", () => {
  const folder = mkdtempSync(join(tmpdir(), "onsale-logs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "gateway-1.log"), '{"requestId":"a-1","err":"it broke"}\n{"requestId":"a-2"}\n');
  writeFileSync(join(folder, "worker-1.log"), '{"msg":"no request"}\n');
  expect(saidOfRequests('book answered 500 {"requestId":"a-1"}', folder)).toEqual([
    'gateway-1.log: {"requestId":"a-1","err":"it broke"}',
  ]);
  expect(saidOfRequests("booking b is paid twice", folder)).toEqual([]);
});
