import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Caller, callerOf } from "../bench/calls.ts";
import type { CrowdCalls } from "./crowd-process.ts";
import type { Handshake } from "./handshake.ts";
import type { Heard } from "./hearing.ts";
import { joinLines, type LineHeard } from "./line.ts";
import type { CrowdStats } from "./socket-crowd.ts";
import type { TickReach } from "./ticks.ts";

export type CrowdPlan = {
  readonly count: number;
  /** One process of sockets for each in turn: several servers share a crowd. */
  readonly ports: readonly number[];
  readonly handshakeOf: (index: number) => Handshake;
  /** Finds a tick's id, its first group, in a message. */
  readonly tickPattern: string;
  readonly socketsPerProcess?: number;
};

/** Sockets in as many processes as they need; numbered from 0 through all of them. */
export type Crowd = {
  /**
   * Opens all that are not open, each at a moment of its own within `overMs`, the next of the line within
   * `nextOverMs`; gives how long it took until all were.
   */
  open(overMs?: number, nextOverMs?: number): Promise<number>;
  cutAll(): Promise<void>;
  stats(): Promise<CrowdStats>;
  reach(tick: string, withinMs: number): Promise<TickReach>;
  /** Of the sockets `from` up to but without `to`. */
  hearing(from: number, to: number): Promise<Heard>;
  /** What was told of the line, where the ticks' ids are watermarks. */
  line(): Promise<LineHeard>;
  resetHearing(): Promise<void>;
  /** Closes the sockets and ends the processes. */
  stop(): Promise<void>;
};

type Member = {
  readonly child: ChildProcess;
  readonly from: number;
  readonly count: number;
  readonly call: Caller<CrowdCalls>;
};

const script = fileURLToPath(new URL("./crowd-process.ts", import.meta.url));
/** A process may open some 20,000 files. */
const mostPerProcess = 18_000;
/** The system looks long for a free port of a well used address: 18,000 sockets took 6.3 s with 9,000 and 1.1 s with 2,000. */
const socketsPerAddress = 2_000;
const handshakesAtOnce = 200;
const handshakesPerCall = 1_000;
const closeWithinMs = 15_000;

export async function startCrowd(plan: CrowdPlan): Promise<Crowd> {
  const members = startMembers(plan);
  const all = <Result>(work: (member: Member) => Promise<Result>) => Promise.all(members.map(work));
  try {
    await all((member) => setUp(plan, member, members.indexOf(member)));
  } catch (failure) {
    await endMembers(members);
    throw failure;
  }
  return {
    open: async (overMs = 0, nextOverMs = overMs) =>
      Math.max(...(await all(({ call }) => call("open", { overMs, nextOverMs })))),
    cutAll: async () => void (await all(({ call }) => call("cutAll", null))),
    stats: async () => sumOfStats(await all(({ call }) => call("stats", null))),
    reach: async (id, withinMs) => joined(await all(({ call }) => call("reach", { id, withinMs }))),
    hearing: async (from, to) => heardByAll(await all((member) => hearingOf(member, from, to))),
    line: async () => joinLines(await all(({ call }) => call("line", null))),
    resetHearing: async () => void (await all(({ call }) => call("resetHearing", null))),
    stop: () => endMembers(members),
  };
}

function startMembers({ count, socketsPerProcess = mostPerProcess }: CrowdPlan): Member[] {
  const processes = Math.ceil(count / socketsPerProcess);
  return Array.from({ length: processes }, (_, index) => {
    const child = fork(script, [], { execArgv: [] });
    const from = index * socketsPerProcess;
    return {
      child,
      from,
      count: Math.min(socketsPerProcess, count - from),
      call: callerOf<CrowdCalls>(child),
    };
  });
}

async function setUp(plan: CrowdPlan, { from, count, call }: Member, index: number): Promise<void> {
  const handshakes = Array.from({ length: count }, (_, socket) => plan.handshakeOf(from + socket));
  for (let at = 0; at < count; at += handshakesPerCall)
    await call("addHandshakes", handshakes.slice(at, at + handshakesPerCall));
  const addresses = Math.ceil(count / socketsPerAddress);
  await call("setUp", {
    port: plan.ports[index % plan.ports.length] ?? 0,
    tickPattern: plan.tickPattern,
    atOnce: handshakesAtOnce,
    // Small crowds stay at 127.0.0.1: not every system has the others.
    addresses: Array.from(
      { length: addresses },
      (_, address) => `127.0.0.${1 + index * addresses + address}`,
    ),
    socketsPerAddress,
  });
}

function hearingOf({ from: first, count, call }: Member, from: number, to: number): Promise<Heard> {
  return call("hearing", { from: Math.max(0, from - first), to: Math.min(count, to - first) });
}

async function endMembers(members: readonly Member[]): Promise<void> {
  await Promise.all(
    members.map(async ({ child, call }) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const closed = call("close", null).catch(() => undefined);
      // A server that hangs does not close; the process ends without it.
      await Promise.race([closed, pause(closeWithinMs, undefined, { ref: false })]);
      if (child.connected) child.disconnect();
      await ended;
    }),
  );
}

function sumOfStats(all: readonly CrowdStats[]): CrowdStats {
  const sum = (of: (stats: CrowdStats) => number) => all.reduce((total, stats) => total + of(stats), 0);
  const troubles: Record<string, number> = {};
  for (const stats of all)
    for (const [trouble, times] of Object.entries(stats.troubles))
      troubles[trouble] = (troubles[trouble] ?? 0) + times;
  return {
    open: sum((stats) => stats.open),
    messages: sum((stats) => stats.messages),
    lost: sum((stats) => stats.lost),
    slowestHandshakeMs: Math.max(...all.map((stats) => stats.slowestHandshakeMs)),
    troubles,
  };
}

function joined(all: readonly TickReach[]): TickReach {
  return {
    sockets: all.reduce((total, reach) => total + reach.sockets, 0),
    firstMs: Math.min(...all.map((reach) => reach.firstMs)),
    lastMs: Math.max(...all.map((reach) => reach.lastMs)),
  };
}

function heardByAll(all: readonly Heard[]): Heard {
  return {
    messages: all.reduce((total, heard) => total + heard.messages, 0),
    widestGapMs: Math.max(0, ...all.map((heard) => heard.widestGapMs)),
  };
}
