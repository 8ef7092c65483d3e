import { describe, expect, test } from "vitest";
import { waitFor } from "../../test/harness/wait-for.ts";
import { createFaults, noFaults, readFaultMix } from "./faults.ts";
import { openSandbox, wanted } from "./test-sandbox.ts";

const everything = {
  ...noFaults,
  ...{ seed: 7, webhooksDuplicated: 0.3, webhooksDelayed: 0.3, webhookDelayMsMost: 400, webhooksLost: 0.2 },
  ...{ webhooksForgedFirst: 0.2, webhooksUnknownFirst: 0.2, webhooksOutOfOrder: 0.3 },
};

describe("a mix of faults", () => {
  test("is the same again with the same seed, and another with another", () => {
    const draws = (seed: number) => {
      const faults = createFaults({ ...everything, seed });
      return Array.from({ length: 200 }, () => faults.drawWebhook());
    };
    expect(draws(7)).toEqual(draws(7));
    expect(draws(7)).not.toEqual(draws(8));
  });

  test("meets about the shares that were asked for, and counts them", () => {
    const faults = createFaults({ ...noFaults, webhooksLost: 0.1, callsHung: 0.25 });
    for (let index = 0; index < 10_000; index += 1) {
      faults.drawWebhook();
      faults.drawCall();
    }
    const { webhooksLost = 0, callsHung = 0, ...others } = faults.counts();
    expect(Math.abs(webhooksLost - 1_000)).toBeLessThan(150);
    expect(Math.abs(callsHung - 2_500)).toBeLessThan(250);
    expect(others).toEqual({});
  });

  test.each([
    { webhooksLost: 1.1 },
    { webhooksLost: -0.1 },
    { webhookLost: 0.1 },
    { seed: 0.5 },
    { seed: "1" },
  ])("of %j is refused", (mix) => {
    expect(readFaultMix(mix)).toBeUndefined();
  });
});

test("under a mix of faults every payment that is not lost is told, and each is in the books", async () => {
  const sandbox = await openSandbox({ SANDBOX_FAULTS: JSON.stringify(everything) });
  const made = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const { id } = await sandbox.create();
      await sandbox.decide(id, "approve");
      return id;
    }),
  );
  await sandbox.allDelivered();
  const { counts } = await sandbox.get<{ counts: Record<string, number> }>("/v1/faults");
  expect(Object.keys(counts)).toHaveLength(6);
  const told = new Set(sandbox.caughtOf(...made).map(({ data }) => data.paymentId));
  expect(told.size).toBe(60 - (counts["webhooksLost"] ?? 0));
  expect((await sandbox.books()).totals).toMatchObject([{ payments: 60, chargedMinor: "540000" }]);
  await sandbox.close();
});

test("calls fail by the mix that is set while it runs, until it is taken away", async () => {
  const sandbox = await openSandbox();
  expect((await sandbox.post("/v1/faults", { callsBroken: 1 })).status).toBe(200);
  expect((await sandbox.post("/v1/payments", wanted())).status).toBe(500);
  expect((await sandbox.post("/v1/faults", { callsBroken: 2 })).status).toBe(422);
  await sandbox.post("/v1/faults", {});
  await waitFor(async () => (await sandbox.post("/v1/payments", wanted())).status === 201, {
    what: "a payment",
  });
  await sandbox.close();
});
