import { expect, test } from "vitest";
import { checkReadiness } from "./readiness.ts";
import type { CheckedPart, GatewayServices } from "./services.ts";
import { send } from "./test-client.ts";
import { startTestGateway } from "./test-gateway.ts";

const well = async () => {};
const broken = async () => {
  throw new Error("away");
};
const silent = () => new Promise<void>(() => {});

test("a gateway is alive whatever its parts do", async () => {
  const gateway = await startTestGateway({ checks: { redis: broken, postgres: broken, queue: broken } });
  expect(await send(gateway, "/v1/health")).toMatchObject({ status: 200, body: { status: "alive" } });
});

test("a gateway is ready when every part answers", async () => {
  const gateway = await startTestGateway();
  const ready = await send(gateway, "/v1/ready");
  expect(ready).toMatchObject({ status: 200, body: { ready: true, parts: { redis: { state: "ok" } } } });
});

test.each(["redis", "postgres", "queue"] as const)(
  "a gateway is not ready without %s, and says so",
  async (part) => {
    const checks = { redis: well, postgres: well, queue: well, [part]: broken };
    const gateway = await startTestGateway({ checks });
    const { status, body } = await send(gateway, "/v1/ready");
    expect(status).toBe(503);
    const { parts } = body as { parts: Record<CheckedPart, { state: string }> };
    for (const [name, { state }] of Object.entries(parts))
      expect(state).toBe(name === part ? "failed" : "ok");
  },
);

test("a part that does not answer in time has failed, and the others are still named", async () => {
  const services = {
    clock: { now: () => Date.now() },
    checks: { redis: silent, postgres: well, queue: well },
  } as unknown as GatewayServices;
  const { ready, parts } = await checkReadiness(services, 20);
  expect(ready).toBe(false);
  expect(parts).toMatchObject({
    redis: { state: "failed" },
    postgres: { state: "ok" },
    queue: { state: "ok" },
  });
});
