import { expect, test } from "vitest";
import { freePort } from "../launch/free-ports.ts";
import { waitFor } from "../test/harness/wait-for.ts";
import type { GatewayServices } from "./services.ts";
import { send } from "./test-client.ts";
import { startTestGateway } from "./test-gateway.ts";

function heldCatalogue() {
  const held = Promise.withResolvers<readonly []>();
  let asked = 0;
  const list = () => {
    asked += 1;
    return held.promise;
  };
  const catalogue: GatewayServices["catalogue"] = { list, find: async () => undefined };
  return { catalogue, release: () => held.resolve([]), asked: () => asked };
}

test("a stopping gateway answers what is in flight, closes its connection, and takes nothing new", async () => {
  const { catalogue, release, asked } = heldCatalogue();
  const gateway = await startTestGateway({ catalogue }, { drainMs: 10_000 });
  const pending = send(gateway, "/v1/events");
  await waitFor(() => asked() === 1, { what: "the request" });
  const stopped = gateway.stop("a test");
  await expect(fetch(`${gateway.url}/v1/health`)).rejects.toThrow();
  release();
  const answer = await pending;
  expect(answer.status).toBe(200);
  expect(answer.headers.get("connection")).toBe("close");
  await stopped;
});

test("a stopping gateway does not wait longer than it may", async () => {
  const { catalogue, release, asked } = heldCatalogue();
  const gateway = await startTestGateway({ catalogue }, { drainMs: 50 });
  const pending = fetch(`${gateway.url}/v1/events`).catch(() => "cut off");
  await waitFor(() => asked() === 1, { what: "the request" });
  await gateway.stop("a test");
  expect(await pending).toBe("cut off");
  release();
});

test("stopping twice is stopping once", async () => {
  const gateway = await startTestGateway();
  await Promise.all([gateway.stop("a test"), gateway.stop("again")]);
  await gateway.stop("and again");
});

test("a port that another process has is not shared but said", async () => {
  const port = await freePort();
  const gateway = await startTestGateway({ port });
  expect(gateway.port).toBe(port);
  await expect(startTestGateway({ port })).rejects.toThrow(`The port ${port} of 127.0.0.1 is taken`);
});

test("a port can be had again as soon as its gateway has stopped", async () => {
  const port = await freePort();
  const first = await startTestGateway({ port });
  // Closed by the server: the system remembers this connection for a minute.
  await fetch(`${first.url}/v1/events/x`, { method: "POST", headers: { connection: "close" } });
  await first.stop("a test");
  const second = await startTestGateway({ port });
  expect((await send(second, "/v1/health")).status).toBe(200);
});
