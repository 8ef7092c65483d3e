import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { connectTestRedis } from "../../test/harness/redis.ts";
import { gatherWrites } from "./gather-writes.ts";

function setUp() {
  const sent: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _, done) => {
      sent.push(String(chunk));
      done();
    },
    writev: (chunks, done) => {
      sent.push(chunks.map(({ chunk }) => String(chunk)).join(""));
      done();
    },
  });
  gatherWrites(stream);
  return { sent, stream };
}

test("what is written in one turn leaves as one, in its order; the next turn is another", async () => {
  const { sent, stream } = setUp();
  for (const text of ["a", "b", "c"]) stream.write(text);
  await Promise.resolve();
  stream.write("d");
  expect(sent).toEqual([]);
  await nextTurn();
  expect(sent).toEqual(["abcd"]);
  stream.write("e");
  await nextTurn();
  expect(sent).toEqual(["abcd", "e"]);
});

test("who writes is told that it was written, and a stream that broke meanwhile breaks nothing else", async () => {
  const { stream } = setUp();
  await new Promise<void>((resolve) => stream.write("a", () => resolve()));
  const broken = new Promise((resolve) => stream.once("error", resolve));
  stream.write("b");
  stream.destroy(new Error("away"));
  expect(await broken).toMatchObject({ message: "away" });
  await nextTurn();
});

test("what is ended in the turn of its last write still sends it", async () => {
  const { sent, stream } = setUp();
  stream.write("a");
  await new Promise<void>((resolve) => stream.end(() => resolve()));
  expect(sent.join("")).toBe("a");
});

test("a node of the cluster gets the commands of one turn at once, and each has its own answer", async () => {
  const redis = connectTestRedis();
  await redis.ping();
  // Any node: its commands are of no slot.
  const [node] = redis.nodes("master");
  if (node === undefined) throw new Error("a cluster without a node");
  await node.ping();
  const answers = ["one", "two", "three"].map((text) => node.echo(text));
  const failing = node.call("NO-SUCH-COMMAND");
  expect(node.stream.writableCorked).toBe(1);
  await expect(failing).rejects.toThrow("unknown command");
  expect(await Promise.all(answers)).toEqual(["one", "two", "three"]);
  expect(node.stream.writableCorked).toBe(0);
  await redis.quit();
});
