import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../test/harness/wait-for.ts";
import { createTestSite, type TestSite } from "./test-launch.ts";

let site: TestSite;
beforeEach(async () => {
  site = await createTestSite();
});
afterEach(() => site.remove());

test("Ctrl-C ends everything within 5 s, and a second start finds its data again", {
  timeout: 60_000,
}, async () => {
  const first = site.launch();
  await first.ready();
  const events = await site.eventIds();
  expect(events).toHaveLength(1);
  expect(first.output()).toContain(`curl ${site.gateway}/v1/events/${events[0]}`);
  // By this the commands find it.
  const noted = JSON.parse(readFileSync(join(site.data, "addresses.json"), "utf8"));
  expect(noted).toMatchObject({ HTTP_PORT: String(site.port) });
  expect(first.output()).toContain(`npm run buy -- --data ${site.data}`);
  const askedAt = performance.now();
  // What a terminal, npm and the set-up make of one Ctrl-C.
  for (const signal of ["SIGINT", "SIGTERM", "SIGTERM"] as const) first.send(signal);
  expect(await first.ended).toBe(0);
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  expect(first.output().match(/ending/g)).toHaveLength(1);
  // Its watchdog ends right behind it.
  await site.untilAllEnded(2_000);

  const second = site.launch();
  await second.ready();
  expect(await site.eventIds()).toEqual(events);
});

test("without the demo there is no event", async () => {
  await site.launch("--no-demo").ready();
  expect(await site.eventIds()).toEqual([]);
});

test("a second start on the same data folder is refused with a sentence, and the first goes on", async () => {
  const first = site.launch("--no-demo");
  await first.ready();
  const second = site.launch("--no-demo");
  expect(await second.ended).toBe(1);
  expect(second.output()).toBe(
    `Onsale already runs on ${site.data} (process ${first.pid}). End it, or choose another folder and other ports: npm start -- --data DIR --port NUMBER\n`,
  );
  expect(await site.eventIds()).toEqual([]);
});

test("a taken port is named before anything slow begins", async () => {
  const other = createServer().listen(site.port + 2, "127.0.0.1");
  const launch = site.launch();
  expect(await launch.ended).toBe(1);
  other.close();
  expect(launch.output()).toBe(
    `Port ${site.port + 2} is taken by another program; Onsale needs ${site.port} to ${site.port + 3}. Choose others: npm start -- --port NUMBER\n`,
  );
  expect(existsSync(join(site.data, "postgres"))).toBe(false);
});

test("a data folder that cannot be one is refused with a sentence", async () => {
  const file = join(site.data, "file");
  writeFileSync(file, "");
  const launch = site.launch("--data", file);
  expect(await launch.ended).toBe(1);
  expect(launch.output()).toMatch(/^The data folder .*file cannot be used: .*\n$/);
});

test("Ctrl-C in the middle of the start leaves no process, and the next start works", {
  timeout: 60_000,
}, async () => {
  const interrupted = site.launch();
  await waitFor(() => existsSync(join(site.data, "postgres", "postgres.pid")), { what: "Postgres to start" });
  interrupted.send("SIGINT");
  await interrupted.ended;
  expect(interrupted.output()).not.toContain("Onsale is ready");
  // Its watchdog ends right behind it.
  await site.untilAllEnded(2_000);
  await site.launch().ready();
});
