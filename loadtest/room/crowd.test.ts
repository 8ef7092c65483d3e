import { expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../test/harness/wait-for.ts";
import { startBareServer } from "./bare-server.ts";
import { type Crowd, type CrowdPlan, startCrowd } from "./crowd.ts";

const withinMs = 5_000;

async function serverAndCrowd(plan: Partial<CrowdPlan> = {}) {
  const server = await startBareServer();
  onTestFinished(() => server.stop());
  const { handshakeOf, tickPattern } = server;
  const crowd = await startCrowd({ count: 60, ports: [server.port], handshakeOf, tickPattern, ...plan });
  onTestFinished(() => crowd.stop());
  return { server, crowd };
}

const openOf = async (crowd: Crowd) => (await crowd.stats()).open;

test("a crowd in several processes hears a tick as one, each socket once", async () => {
  const { server, crowd } = await serverAndCrowd({ socketsPerProcess: 25 });
  await crowd.open();
  await server.publishTick("7");
  // The second copy is no news to anybody.
  await server.publishTick("7");
  await server.publishTick("8");
  expect((await crowd.reach("8", withinMs)).sockets).toBe(60);
  const { sockets, firstMs, lastMs } = await crowd.reach("7", withinMs);
  expect(sockets).toBe(60);
  expect(lastMs).toBeGreaterThan(firstMs);
  expect(await crowd.stats()).toMatchObject({ open: 60, messages: 180, lost: 0, troubles: {} });
});

test("a tick that did not reach everybody says so", async () => {
  const { crowd } = await serverAndCrowd();
  await crowd.open();
  expect((await crowd.reach("9", 50)).sockets).toBe(0);
});

test("all are cut at once, the server feels it, and all come back spread over the time given", async () => {
  const { server, crowd } = await serverAndCrowd();
  await crowd.open();
  await crowd.cutAll();
  expect(await openOf(crowd)).toBe(0);
  const tookMs = await crowd.open(500);
  expect(tookMs).toBeGreaterThan(250);
  expect(await openOf(crowd)).toBe(60);
  await server.publishTick("1");
  expect((await crowd.reach("1", withinMs)).sockets).toBe(60);
  expect((await crowd.stats()).lost).toBe(0);
});

test("what the server refuses is counted by its answer and tried again", async () => {
  const { crowd } = await serverAndCrowd({
    count: 3,
    handshakeOf: () => ({ path: "/nowhere", headers: {} }),
  });
  const opening = crowd.open();
  opening.catch(() => undefined);
  const refused = await waitFor(
    async () => Object.entries((await crowd.stats()).troubles).find(([, times]) => times > 3),
    {
      what: "each to be refused twice",
    },
  );
  expect(refused[0]).toMatch(/^HTTP\/1.1 |ECONNRESET/);
});

test("a server that ends is counted as connections lost", async () => {
  const { server, crowd } = await serverAndCrowd();
  await crowd.open();
  await server.stop();
  await waitFor(async () => (await openOf(crowd)) === 0, { what: "the connections to end" });
  expect((await crowd.stats()).lost).toBe(60);
});

test("how often somebody hears, and the longest silence, are known of any stretch of sockets", async () => {
  const { server, crowd } = await serverAndCrowd({ socketsPerProcess: 40 });
  await crowd.open();
  await crowd.resetHearing();
  await server.publishTick("1");
  await crowd.reach("1", withinMs);
  expect((await crowd.hearing(30, 50)).messages).toBe(20);
  await crowd.reach("2", 100);
  const { messages, widestGapMs } = await crowd.hearing(0, 60);
  expect(messages).toBe(60);
  expect(widestGapMs).toBeGreaterThanOrEqual(99);
  expect(widestGapMs).toBeLessThan(withinMs);
});
