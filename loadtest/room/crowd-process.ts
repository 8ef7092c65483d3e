/** One process of a crowd: a process may open some 20,000 files. `crowd.ts` starts it and calls it. */
import { answerCalls } from "../bench/calls.ts";
import type { Handshake } from "./handshake.ts";
import type { Heard } from "./hearing.ts";
import type { LineHeard } from "./line.ts";
import { type CrowdStats, createSocketCrowd, type SocketCrowd } from "./socket-crowd.ts";
import type { TickReach } from "./ticks.ts";

export type CrowdProcessOptions = {
  readonly port: number;
  readonly tickPattern: string;
  readonly atOnce: number;
  /** The source addresses, each for a stretch of the sockets. */
  readonly addresses: readonly string[];
  readonly socketsPerAddress: number;
};

export type CrowdCalls = {
  addHandshakes(handshakes: readonly Handshake[]): void;
  setUp(options: CrowdProcessOptions): void;
  open(spread: { readonly overMs: number; readonly nextOverMs: number }): Promise<number>;
  cutAll(argument: null): Promise<void>;
  close(argument: null): Promise<void>;
  stats(argument: null): CrowdStats;
  reach(tick: { readonly id: string; readonly withinMs: number }): Promise<TickReach>;
  hearing(sockets: { readonly from: number; readonly to: number }): Heard;
  line(argument: null): LineHeard;
  resetHearing(argument: null): void;
};

const handshakes: Handshake[] = [];
let crowd: SocketCrowd | undefined;

answerCalls({
  addHandshakes: (more) => void handshakes.push(...more),
  setUp: (options) => {
    crowd = setUp(options);
  },
  open: ({ overMs, nextOverMs }) => known().open(overMs, nextOverMs),
  cutAll: () => known().cutAll(),
  close: () => known().close(),
  stats: () => known().stats(),
  reach: ({ id, withinMs }) => known().reach(id, withinMs),
  hearing: ({ from, to }) => known().hearing(from, to),
  line: () => known().line(),
  resetHearing: () => known().resetHearing(),
} satisfies CrowdCalls);

function setUp({
  port,
  tickPattern,
  atOnce,
  addresses,
  socketsPerAddress,
}: CrowdProcessOptions): SocketCrowd {
  return createSocketCrowd({
    count: handshakes.length,
    port,
    handshakeOf: (index) => handshakes[index] ?? { path: "/", headers: {} },
    addressOf: (index) => addresses[Math.floor(index / socketsPerAddress)] ?? "127.0.0.1",
    tickPattern: new RegExp(tickPattern),
    atOnce,
    random: Math.random,
  });
}

function known(): SocketCrowd {
  if (crowd === undefined) throw new Error("the crowd is not set up");
  return crowd;
}
