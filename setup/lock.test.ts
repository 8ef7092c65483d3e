import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../test/harness/wait-for.ts";
import { alone } from "./lock.mjs";

const bounds = { sayEveryMs: 20, staleMs: 1_000 };
let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "onsale-lock-"));
  lock = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("of several set-ups at once one works at a time, and each has its turn", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await turn();
    inside -= 1;
    return "done";
  };
  const results = await Promise.all([1, 2, 3].map(() => alone(lock, work, bounds)));
  expect(results).toEqual(["done", "done", "done"]);
  expect(most).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

test("the lock of an owner that died is taken over", async () => {
  writeFileSync(lock, "");
  expect(await alone(lock, async () => "taken over", { sayEveryMs: 20, staleMs: 50 })).toBe("taken over");
});

test("the lock of an owner that works longer than a dead one is silent stays its own", async () => {
  const order: string[] = [];
  const release = Promise.withResolvers<void>();
  const short = { sayEveryMs: 10, staleMs: 300 };
  const first = alone(
    lock,
    async () => {
      await release.promise;
      order.push("first");
    },
    short,
  );
  const second = alone(lock, async () => order.push("second"), short);
  const takenAtMs = statSync(lock).mtimeMs;
  const what = "the first to have worked for long";
  await waitFor(() => statSync(lock).mtimeMs - takenAtMs > 3 * short.staleMs, { what });
  release.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
});

test("work that fails leaves no lock", async () => {
  await expect(alone(lock, () => Promise.reject(new Error("broken")), bounds)).rejects.toThrow("broken");
  expect(existsSync(lock)).toBe(false);
});
