import { expect, test } from "vitest";
import { waitFor } from "../test/harness/wait-for.ts";
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

test("however many ask at the same time, each part is asked once, and anew for who asks later", async () => {
  let asked = 0;
  const answers: (() => void)[] = [];
  const counted = () => {
    asked += 1;
    return new Promise<void>((resolve) => answers.push(resolve));
  };
  const services = {
    clock: { now: () => Date.now() },
    checks: { redis: well, postgres: counted, queue: well },
  } as unknown as GatewayServices;
  const together = Array.from({ length: 100 }, () => checkReadiness(services, 5_000));
  await waitFor(() => answers.length > 0, { what: "Postgres to be asked" });
  for (const answer of answers.splice(0)) answer();
  for (const { ready } of await Promise.all(together)) expect(ready).toBe(true);
  expect(asked).toBe(1);
  const later = checkReadiness(services, 5_000);
  await waitFor(() => answers.length > 0, { what: "Postgres to be asked again" });
  for (const answer of answers) answer();
  expect((await later).ready).toBe(true);
});

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
