import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { connectTestRedis } from "../test/harness/redis.ts";
import { loadScript, runScript } from "./run-script.ts";

const redis = connectTestRedis();
afterAll(() => redis.disconnect());

const script = loadScript("seats/snapshot-2.lua");
const keys = () => {
  const tag = `{${randomUUID()}}`;
  return [`${tag}:meta`, `${tag}:seats`];
};

test("scripts go on after SCRIPT FLUSH on every node, unseen by who calls them", async () => {
  const run = () => runScript(redis, script, keys(), []);
  expect(await run()).toBe("section_missing");
  await Promise.all(redis.nodes("master").map((node) => node.call("SCRIPT", "FLUSH")));
  const answers = await Promise.all(Array.from({ length: 50 }, run));
  expect(new Set(answers)).toEqual(new Set(["section_missing"]));
});

test("keys of two slots are refused and not run on half of them", async () => {
  await expect(runScript(redis, script, [`{${randomUUID()}}`, `{${randomUUID()}}`], [])).rejects.toThrow(
    /slot/i,
  );
});

test("an error of a script is told and not taken for a missing script", async () => {
  const broken = { source: "#!lua\nreturn redis.call('INCR', KEYS[1], 'too many')", sha1: "0".repeat(40) };
  await expect(runScript(redis, broken, [`{${randomUUID()}}`], [])).rejects.toThrow(/wrong number of args/i);
});
