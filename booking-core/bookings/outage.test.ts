import { Redis } from "ioredis";
import pg from "pg";
import { expect, test } from "vitest";
import { freePort } from "../../launch/free-ports.ts";
import { isOutage, outage } from "./outage.ts";

const ofPostgres = (code: string) => Object.assign(new pg.DatabaseError("it", 1, "error"), { code });
const named = (name: string, message: string) => Object.assign(new Error(message), { name });

test.each([
  ["a server that is stopped", ofPostgres("57P01")],
  ["a locked row", ofPostgres("55P03")],
  ["too many connections", ofPostgres("53300")],
  ["the same of another driver", Object.assign(new Error("terminating connection"), { code: "57P01" })],
  ["a cut connection", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })],
  ["a pool that waits in vain", new Error("timeout exceeded when trying to connect")],
  ["a command that was under way", named("AbortError", "Command aborted due to connection close")],
  ["a slot without a server", named("ReplyError", "CLUSTERDOWN The cluster is down")],
  ["what was given up", outage("it changes too fast")],
  ["one of several", new AggregateError([new Error("no"), ofPostgres("57P03")])],
])("%s is an outage", (_, error) => {
  expect(isOutage(error)).toBe(true);
});

test.each([
  ["a statement that is wrong", ofPostgres("42601")],
  ["a row that is there twice", ofPostgres("23505")],
  ["a script that breaks", named("ReplyError", "ERR user_script:1: attempt to index a nil value")],
  ["a bug", new TypeError("it is not a function")],
  ["no error at all", "CLUSTERDOWN"],
])("%s is none", (_, error) => {
  expect(isOutage(error)).toBe(false);
});

test("a Redis that nobody answers for is one", async () => {
  const redis = new Redis(await freePort(), "127.0.0.1", { maxRetriesPerRequest: 0 });
  redis.on("error", () => undefined);
  const error = await redis.get("key").catch((reason: unknown) => reason);
  redis.disconnect();
  expect(isOutage(error)).toBe(true);
});
