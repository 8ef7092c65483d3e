import { monotonicMs } from "../bench/monotonic.ts";
import { enqueue, onRead, pump, sayGoodbye } from "./crowd-socket.ts";
import {
  type CrowdOptions,
  type CrowdSocket,
  type CrowdState,
  createCrowdState,
  phases,
} from "./crowd-state.ts";
import type { Heard } from "./hearing.ts";
import type { LineHeard } from "./line.ts";
import type { TickReach } from "./ticks.ts";

/** What happened so far. `troubles` counts what handshakes and connections ended with. */
export type CrowdStats = {
  readonly open: number;
  readonly messages: number;
  /** Connections that were open and that the server, or the network, ended. */
  readonly lost: number;
  readonly slowestHandshakeMs: number;
  readonly troubles: Readonly<Record<string, number>>;
};

export type SocketCrowd = {
  /**
   * Opens all that are not open, each at a moment of its own within `overMs`, the next of the line within
   * `nextOverMs`; gives how long it took until all were.
   */
  open(overMs: number, nextOverMs: number): Promise<number>;
  /** Ends all connections at once, as a network that fails does: without a word. */
  cutAll(): Promise<void>;
  close(): Promise<void>;
  stats(): CrowdStats;
  /** How far a tick came: when all that are open have it, or after `withinMs`. */
  reach(tick: string, withinMs: number): Promise<TickReach>;
  hearing(from: number, to: number): Heard;
  line(): LineHeard;
  resetHearing(): void;
};

/** Many raw WebSockets in one process, with about as little for each as Node can do. */
export function createSocketCrowd(options: CrowdOptions): SocketCrowd {
  const crowd = createCrowdState(options, onRead);
  return {
    open: (overMs, nextOverMs) => openAll(crowd, overMs, nextOverMs),
    cutAll: () => endAll(crowd, (socket) => socket.resetAndDestroy()),
    close: () => endAll(crowd, sayGoodbye),
    stats: () => statsOf(crowd),
    reach: (tick, withinMs) => crowd.ticks.reach(tick, crowd.open, withinMs),
    hearing: (from, to) => crowd.hearing.of(from, to, monotonicMs()),
    line: () => crowd.line.of(monotonicMs()),
    resetHearing: () => {
      crowd.hearing.reset(monotonicMs());
      crowd.line.reset(monotonicMs());
    },
  };
}

async function openAll(crowd: CrowdState, overMs: number, nextOverMs: number): Promise<number> {
  const { count, random } = crowd.options;
  const startedMs = monotonicMs();
  crowd.wanted = true;
  crowd.allOpen = Promise.withResolvers();
  crowd.tries.fill(0);
  for (let index = 0; index < count; index += 1) {
    if (crowd.phase[index] !== phases.down) continue;
    if (overMs === 0) crowd.queue.push(index);
    else setTimeout(enqueue, (crowd.line.isNext(index) ? nextOverMs : overMs) * random(), crowd, index);
  }
  pump(crowd);
  if (crowd.open < count) await crowd.allOpen.promise;
  return monotonicMs() - startedMs;
}

async function endAll(crowd: CrowdState, end: (socket: CrowdSocket) => void): Promise<void> {
  crowd.wanted = false;
  crowd.allDown = Promise.withResolvers();
  for (const socket of crowd.sockets) if (socket !== undefined) end(socket);
  if (crowd.open + crowd.opening > 0) await crowd.allDown.promise;
}

function statsOf({ open, messages, lost, slowestHandshakeMs, troubles }: CrowdState): CrowdStats {
  return { open, messages, lost, slowestHandshakeMs, troubles: Object.fromEntries(troubles) };
}
