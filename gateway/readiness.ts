import type { CheckedPart, GatewayServices } from "./services.ts";

export type PartState = { readonly state: "ok" | "failed"; readonly ms: number };
export type Readiness = { readonly ready: boolean; readonly parts: Readonly<Record<CheckedPart, PartState>> };

/** Of each gateway the question that is under way: probes are not counted by address, and cost no more than one. */
const asking = new WeakMap<GatewayServices, Promise<Readiness>>();

/** Asks every part at once; one that does not answer within `mostMs` has failed. Who asks meanwhile hears the same. */
export function checkReadiness(services: GatewayServices, mostMs: number): Promise<Readiness> {
  const run = asking.get(services) ?? check(services, mostMs).finally(() => asking.delete(services));
  asking.set(services, run);
  return run;
}

async function check(services: GatewayServices, mostMs: number): Promise<Readiness> {
  const { redis, postgres, queue } = services.checks;
  const states = await Promise.all(
    [redis, postgres, queue].map((part) => stateOf(part, mostMs, services.clock.now)),
  );
  const [ofRedis, ofPostgres, ofQueue] = states as [PartState, PartState, PartState];
  const ready = states.every(({ state }) => state === "ok");
  return { ready, parts: { redis: ofRedis, postgres: ofPostgres, queue: ofQueue } };
}

async function stateOf(check: () => Promise<void>, mostMs: number, now: () => number): Promise<PartState> {
  const startedAtMs = now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"failed">((resolve) => {
    timer = setTimeout(resolve, mostMs, "failed");
  });
  const asked = Promise.resolve()
    .then(check)
    .then(
      () => "ok" as const,
      () => "failed" as const,
    );
  const state = await Promise.race([asked, late]);
  clearTimeout(timer);
  return { state, ms: Math.max(0, now() - startedAtMs) };
}
