import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../test/harness/wait-for.ts";
import { createTestSite, type TestLaunch, type TestSite } from "./test-launch.ts";

const twoStarts = { timeout: 60_000 };
let site: TestSite;
let first: TestLaunch;
beforeEach(async () => {
  site = await createTestSite();
  first = site.launch();
  await first.ready();
});
afterEach(() => site.remove());

test("after kill -9 of every process at once the next start finds its data", twoStarts, async () => {
  const events = await site.eventIds();
  site.killAll();
  await site.launch().ready();
  expect(await site.eventIds()).toEqual(events);
});

test("after kill -9 of the launcher alone a start at once works", twoStarts, async () => {
  const events = await site.eventIds();
  first.send("SIGKILL");
  await first.gone;
  await site.launch().ready();
  expect(await site.eventIds()).toEqual(events);
});

test("after kill -9 of the launcher alone everything else ends by itself", async () => {
  first.send("SIGKILL");
  await site.untilAllEnded();
});

test("after kill -9 of the launcher and its watchdog a start ends what they left", twoStarts, async () => {
  process.kill(watchdog(), "SIGKILL");
  first.send("SIGKILL");
  await first.gone;
  const storage = site.processes();
  await site.launch().ready();
  expect(site.processes().filter((pid) => storage.includes(pid))).toEqual([]);
});

test.for([
  ["Redis", "redis/redis-0/redis-0.pid"],
  ["Postgres", "postgres/postgres.pid"],
  ["The server", "processes/server.pid"],
  ["The mail catcher", "processes/mail catcher.pid"],
] as const)(
  "where one part dies everything ends with the sentence that names it: %s",
  async ([name, file]) => {
    process.kill(pidOf(file), "SIGKILL");
    expect(await first.ended).toBe(1);
    expect(first.output()).toContain(
      `${name} (signal SIGKILL) ended by itself; everything else is ended with it.`,
    );
    // Its watchdog ends right behind it.
    await site.untilAllEnded(2_000);
  },
);

test("a server that does not answer is killed, and the end still takes less than 5 s", async () => {
  process.kill(pidOf("processes/server.pid"), "SIGSTOP");
  const askedAt = performance.now();
  first.send("SIGINT");
  await first.ended;
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  // Its watchdog ends right behind it.
  await site.untilAllEnded(2_000);
});

test("a second Ctrl-C does not wait for it, and still leaves no process", async () => {
  process.kill(pidOf("processes/server.pid"), "SIGSTOP");
  const askedAt = performance.now();
  first.send("SIGINT");
  await waitFor(() => first.output().includes("ending"), { what: "the first Ctrl-C to be heard" });
  first.send("SIGINT");
  expect(await first.gone).toBe(130);
  expect(performance.now() - askedAt).toBeLessThan(2_000);
  await site.untilAllEnded();
});

function pidOf(file: string): number {
  return Number(readFileSync(join(site.data, file), "utf8").split(" ")[0]);
}

function watchdog(): number {
  const isWatchdog = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("watchdog.ts");
  const pid = site.processes().find(isWatchdog);
  if (pid === undefined) throw new Error("there is no watchdog");
  return pid;
}
