import { monotonicMs } from "../bench/monotonic.ts";
import type { Crowd } from "./crowd.ts";
import type { SocketServer } from "./socket-server.ts";

export type CrowdFigures = {
  readonly openMs: number;
  readonly bytesPerSocket: number;
  /** From the order to publish until the last socket has it. */
  readonly reachMs: { readonly median: number; readonly worst: number };
  readonly cpuMsPerTick: number;
};

type Measured = {
  readonly server: SocketServer;
  readonly crowd: Crowd;
  readonly count: number;
  readonly ticks: number;
  readonly say: (line: string) => void;
};

const firstTick = 1_000_001;
const tickWithinMs = 30_000;

/** Opens the crowd at the idle server and sends it ticks, one after the other. */
export async function measureCrowd({ server, crowd, count, ticks, say }: Measured): Promise<CrowdFigures> {
  const idleBytes = await server.memoryBytes();
  const openMs = await crowd.open();
  say(`${count} sockets open after ${Math.round(openMs)} ms`);
  const bytesPerSocket = ((await server.memoryBytes()) - idleBytes) / count;
  say(`${Math.round(bytesPerSocket)} bytes of the server for each`);
  const cpuBeforeMs = await server.cpuMs();
  const reaches: number[] = [];
  for (let tick = 0; tick < ticks; tick += 1)
    reaches.push(await reachOfTick({ server, crowd, count }, String(firstTick + tick)));
  const cpuMsPerTick = ((await server.cpuMs()) - cpuBeforeMs) / ticks;
  reaches.sort((left, right) => left - right);
  const reachMs = {
    median: reaches[Math.floor(ticks / 2)] ?? Number.NaN,
    worst: reaches.at(-1) ?? Number.NaN,
  };
  say(
    `a tick reached the last after ${Math.round(reachMs.worst)} ms, ${Math.round(cpuMsPerTick)} ms of CPU each`,
  );
  return { openMs, bytesPerSocket, reachMs, cpuMsPerTick };
}

async function reachOfTick(
  { server, crowd, count }: Pick<Measured, "server" | "crowd" | "count">,
  id: string,
): Promise<number> {
  const reached = crowd.reach(id, tickWithinMs);
  const publishedMs = monotonicMs();
  await server.publishTick(id);
  const { sockets, lastMs } = await reached;
  if (sockets !== count) throw new Error(`the tick ${id} reached ${sockets} of ${count} sockets`);
  return lastMs - publishedMs;
}
