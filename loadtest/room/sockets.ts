import type { Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import { startBareServer } from "./bare-server.ts";
import { startCrowd } from "./crowd.ts";
import { type CrowdFigures, measureCrowd } from "./measure-crowd.ts";
import type { SocketServer } from "./socket-server.ts";

const KiB = 1_024;

/** What 18,000 waiting sockets take of one server, beside what they take of a bare one that says the same. */
export function createSocketsPart(startOurs: (run: Run, count: number) => Promise<SocketServer>): Part {
  return {
    name: "sockets",
    async measure(run) {
      const count = run.tiny ? 200 : 18_000;
      const ours = await startOurs(run, count);
      try {
        const bare = await startBareServer(ours);
        const figures = await measureServer(run, bare, count).finally(() => bare.stop());
        return [...figuresOfBare(figures), ...figuresOfOurs(await measureServer(run, ours, count), figures)];
      } finally {
        await ours.stop();
      }
    },
  };
}

async function measureServer({ tiny, say }: Run, server: SocketServer, count: number): Promise<CrowdFigures> {
  await warmUp(server, tiny ? 1 : warmRounds);
  const { handshakeOf, tickPattern } = server;
  const crowd = await startCrowd({ count, ports: [server.port], handshakeOf, tickPattern });
  try {
    return await measureCrowd({ server, crowd, count, ticks: tiny ? 3 : 10, say });
  } finally {
    await crowd.stop();
  }
}

const warmRounds = 20;
const warmCount = 200;

/** An idle process that has worked before: few sockets many times, so that they leave next to no memory behind. */
async function warmUp({ port, handshakeOf, tickPattern, publishTick }: SocketServer, rounds: number) {
  const crowd = await startCrowd({ count: warmCount, ports: [port], handshakeOf, tickPattern });
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await crowd.open();
      await publishTick(String(round));
      await crowd.reach(String(round), 5_000);
      await crowd.cutAll();
    }
  } finally {
    await crowd.stop();
  }
}

function figuresOfBare(bare: CrowdFigures): Measurement[] {
  return [
    { name: "bare server: memory per socket", value: bare.bytesPerSocket, unit: "bytes" },
    { name: "bare server: tick reaches the last (median)", value: bare.reachMs.median, unit: "ms" },
    { name: "bare server: tick reaches the last (worst)", value: bare.reachMs.worst, unit: "ms" },
    { name: "bare server: CPU per tick", value: bare.cpuMsPerTick, unit: "ms" },
    { name: "bare server: all sockets open after", value: bare.openMs, unit: "ms" },
  ];
}

function figuresOfOurs(ours: CrowdFigures, bare: CrowdFigures): Measurement[] {
  return [
    {
      name: "memory per socket",
      value: ours.bytesPerSocket,
      unit: "bytes",
      limit: { name: "bare server", value: bare.bytesPerSocket },
      bar: { of: "value", sign: "≤", at: 3 * KiB, size: "full" },
    },
    {
      name: "tick reaches the last (worst)",
      value: ours.reachMs.worst,
      unit: "ms",
      limit: { name: "bare server", value: bare.reachMs.worst },
      bar: { of: "value", sign: "≤", at: 1_000, size: "full" },
    },
    {
      name: "CPU per tick",
      value: ours.cpuMsPerTick,
      unit: "ms",
      limit: { name: "bare server", value: bare.cpuMsPerTick },
      bar: { of: "ratio", sign: "≤", at: 1.5, size: "full" },
    },
    {
      name: "all sockets open after",
      value: ours.openMs,
      unit: "ms",
      limit: { name: "bare server", value: bare.openMs },
    },
  ];
}
