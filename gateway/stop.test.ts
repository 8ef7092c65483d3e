import { createServer } from "node:net";
import { expect, test } from "vitest";
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

test("a port that is taken is said, not shared", async () => {
  const gateway = await startTestGateway();
  await expect(startTestGateway({ port: gateway.port })).rejects.toThrow(`The port ${gateway.port} of`);
  const other = createServer().listen(0, "127.0.0.1");
  await waitFor(() => other.listening, { what: "the other server" });
  const { port } = other.address() as { port: number };
  await expect(startTestGateway({ port })).rejects.toThrow("is taken");
  other.close();
});
