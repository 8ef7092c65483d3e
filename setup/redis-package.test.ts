import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ensureRedisServer, majorVersion, redisAdvice } from "./redis-package.mjs";

const noServers: number[] = [];
const bare = {
  majors: noServers,
  usesOwnRedis: false,
  isRoot: false,
  hasApt: true,
  platform: "linux",
} as const;

test("an ordinary user of a machine without a Redis server hears the one command to run", async () => {
  await expect(ensureRedisServer(bare)).rejects.toThrow(
    "Onsale needs a Redis server (7 or later); as root run: apt-get install -y redis-server",
  );
});

test("root installs it where apt-get can, and is told what to do elsewhere", () => {
  expect(redisAdvice({ ...bare, isRoot: true })).toBe("install");
  expect(redisAdvice({ ...bare, isRoot: true, hasApt: false })).toMatch(/package manager/);
  expect(redisAdvice({ ...bare, hasApt: false, platform: "darwin" })).toMatch(/brew install redis/);
});

test("a server that is new enough, or one of the user's own, is all it takes", () => {
  expect(redisAdvice({ ...bare, majors: [6, 8] })).toBe("ready");
  expect(redisAdvice({ ...bare, usesOwnRedis: true })).toBe("ready");
});

test("an old server is named with its version and not replaced, even for root", () => {
  expect(redisAdvice({ ...bare, isRoot: true, majors: [6] })).toMatch(/version 6; Onsale needs 7/);
});

test("the version is read from the server itself, and nothing is read where there is none", () => {
  expect(majorVersion("redis-server") ?? majorVersion("valkey-server")).toBeGreaterThanOrEqual(7);
  const script = `import("${new URL("./redis-package.mjs", import.meta.url).href}")
    .then(({ majorVersion }) => console.log(String(majorVersion("redis-server"))))`;
  const options = { encoding: "utf8", env: { PATH: fileURLToPath(new URL("./", import.meta.url)) } } as const;
  expect(execFileSync(process.execPath, ["-e", script], options).trim()).toBe("undefined");
});
