import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { postgresUser, runAs } from "./postgres-user.ts";

let closed: string;
let program: string;
beforeEach(() => {
  closed = mkdtempSync(join(tmpdir(), "onsale-closed-"));
  program = join(closed, "program");
  writeFileSync(program, '#!/bin/sh\ntest "$(find "$0" -executable)" && id -u\n');
  chmodSync(program, 0o755);
});
afterEach(() => rmSync(closed, { recursive: true, force: true }));

test("Postgres's user runs what lies in a folder that is closed to it, and never as root", () => {
  const [command = "", ...args] = runAs(postgresUser(), [program], [program]);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: "/" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(Number(stdout)).toBeGreaterThan(0);
});
