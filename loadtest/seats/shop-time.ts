import { treeTimeUs } from "../bench/process-time.ts";
import type { Measurement } from "../bench/report.ts";
import type { Shop } from "./shop.ts";

export type ShopTime = {
  readonly gateway: number;
  readonly postgres: number;
  readonly redis: number;
  readonly generator: number;
};

const parts = ["gateway", "postgres", "redis", "generator"] as const;

/** The processor's time of each process so far, in µs; nothing where the system does not tell. */
export function shopTime({ pids }: Shop): ShopTime | undefined {
  const [gateway, postgres, redis] = [pids.gateway, pids.postgres, pids.redis].map(treeTimeUs);
  if (gateway === undefined || postgres === undefined || redis === undefined) return undefined;
  const { user, system } = process.cpuUsage();
  return { gateway, postgres, redis, generator: user + system };
}

export function addTime(sum: ShopTime, from: ShopTime | undefined, to: ShopTime | undefined): ShopTime {
  if (from === undefined || to === undefined) return sum;
  const grown = (part: keyof ShopTime) => sum[part] + to[part] - from[part];
  return {
    ...{ gateway: grown("gateway"), postgres: grown("postgres") },
    ...{ redis: grown("redis"), generator: grown("generator") },
  };
}

/** Nothing where the system did not tell. */
export function timeFigures(time: ShopTime, bookings: number): Measurement[] {
  const all = parts.reduce((sum, part) => sum + time[part], 0);
  if (all === 0) return [];
  const figure = (name: string, us: number) => ({
    ...{ name: `CPU of a booking: ${name}`, value: us / bookings, unit: "µs" },
  });
  return [...parts.map((part) => figure(part, time[part])), figure("all", all)];
}
