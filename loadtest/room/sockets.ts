import type { Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import { startBareServer } from "./bare-server.ts";
import { startCrowd } from "./crowd.ts";
import { type CrowdFigures, measureCrowd } from "./measure-crowd.ts";
import type { SocketServer } from "./socket-server.ts";

const KiB = 1_024;

/** What 18,000 waiting sockets take of one server, beside what they take of a bare one. */
export function createSocketsPart(startOurs?: (run: Run) => Promise<SocketServer>): Part {
  return {
    name: "sockets",
    async measure(run) {
      const bare = await measureServer(run, await startBareServer());
      const ours = startOurs && (await measureServer(run, await startOurs(run)));
      return [...figuresOfBare(bare), ...(ours === undefined ? [] : figuresOfOurs(ours, bare))];
    },
  };
}

async function measureServer({ tiny, say }: Run, server: SocketServer): Promise<CrowdFigures> {
  const count = tiny ? 200 : 18_000;
  const { handshakeOf, tickPattern } = server;
  try {
    const crowd = await startCrowd({ count, ports: [server.port], handshakeOf, tickPattern });
    try {
      return await measureCrowd({ server, crowd, count, ticks: tiny ? 3 : 10, say });
    } finally {
      await crowd.stop();
    }
  } finally {
    await server.stop();
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
