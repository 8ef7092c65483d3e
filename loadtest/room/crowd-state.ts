import type { Socket } from "node:net";
import type { Handshake } from "./handshake.ts";
import { createHearing, type Hearing } from "./hearing.ts";
import { createLine, type Line } from "./line.ts";
import { createTicks, type Ticks } from "./ticks.ts";

export type CrowdOptions = {
  readonly count: number;
  readonly port: number;
  readonly handshakeOf: (index: number) => Handshake;
  /** The source: a machine gives one address about 28,000 ports towards one server. */
  readonly addressOf: (index: number) => string;
  readonly tickPattern: RegExp;
  /** Handshakes under way at once. */
  readonly atOnce: number;
  readonly random: () => number;
};

export type CrowdSocket = Socket & { crowd: CrowdState; index: number };

export const phases = { down: 0, opening: 1, open: 2 } as const;

/** Typed arrays in place of an object for each socket; lives as long as the crowd. */
export type CrowdState = {
  readonly options: CrowdOptions;
  /** All sockets read into one buffer: each is done with it before the next one reads. */
  readonly onread: {
    readonly buffer: Buffer;
    readonly callback: (length: number, buffer: Uint8Array) => boolean;
  };
  readonly sockets: (CrowdSocket | undefined)[];
  readonly phase: Uint8Array;
  readonly tries: Uint8Array;
  readonly begunMs: Float64Array;
  /** What came of an answer or a frame that is not whole yet. */
  readonly rests: Map<number, Buffer>;
  readonly ticks: Ticks;
  readonly hearing: Hearing;
  /** Means something where the ticks' ids are watermarks. */
  readonly line: Line;
  readonly troubles: Map<string, number>;
  readonly queue: number[];
  /** Whether the sockets are to be open; while they are not, nobody tries again. */
  wanted: boolean;
  opening: number;
  open: number;
  messages: number;
  lost: number;
  slowestHandshakeMs: number;
  allOpen: PromiseWithResolvers<void>;
  allDown: PromiseWithResolvers<void>;
};

export function createCrowdState(
  options: CrowdOptions,
  callback: CrowdState["onread"]["callback"],
): CrowdState {
  const { count } = options;
  return {
    options,
    onread: { buffer: Buffer.allocUnsafe(65_536), callback },
    sockets: Array.from({ length: count }, () => undefined),
    phase: new Uint8Array(count),
    tries: new Uint8Array(count),
    begunMs: new Float64Array(count),
    rests: new Map(),
    ticks: createTicks(options.tickPattern, count),
    hearing: createHearing(count),
    line: createLine(Array.from({ length: count }, (_, index) => options.handshakeOf(index))),
    troubles: new Map(),
    queue: [],
    wanted: false,
    opening: 0,
    open: 0,
    messages: 0,
    lost: 0,
    slowestHandshakeMs: 0,
    allOpen: Promise.withResolvers(),
    allDown: Promise.withResolvers(),
  };
}

/** A socket ended, or could not be had, because of this. */
export function noteTrouble({ troubles, wanted }: CrowdState, trouble: string): void {
  if (wanted) troubles.set(trouble, (troubles.get(trouble) ?? 0) + 1);
}
