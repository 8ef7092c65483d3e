import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endLeftover, notePid } from "./pid-file.ts";
import { isRunning, markOf, type ProcessMark } from "./process-mark.ts";

let folder: string;
let child: ChildProcess;
let mark: ProcessMark;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "onsale-pid-"));
  child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { stdio: "ignore" });
  const found = markOf(child.pid ?? 0);
  if (found === undefined) throw new Error("the child did not start");
  mark = found;
});
afterEach(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

test("a process that was left behind is ended, and its note with it", async () => {
  notePid(folder, "server", mark);
  await endLeftover(folder, "server", "SIGTERM");
  expect(isRunning(mark)).toBe(false);
  expect(existsSync(join(folder, "server.pid"))).toBe(false);
});

test("a process that only got the number of an earlier one is left alone", async () => {
  notePid(folder, "server", { ...mark, startMark: "1" });
  await endLeftover(folder, "server", "SIGTERM");
  expect(isRunning(mark)).toBe(true);
});

test.for(["", "garbage", `${process.pid}`])("a note that was cut off ends nothing: %j", async (text) => {
  writeFileSync(join(folder, "server.pid"), text);
  await endLeftover(folder, "server", "SIGTERM");
  expect(existsSync(join(folder, "server.pid"))).toBe(false);
});
