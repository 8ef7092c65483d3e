import { type SeededRandom, seededRandom } from "./seeded-random.ts";

export type FaultKind =
  | "kill-gateway"
  | "pause-gateway"
  | "kill-worker"
  | "kill-redis-master"
  | "forgetful-fail-over"
  | "restart-redis-node"
  | "pause-redis-node"
  | "freeze-redis"
  | "half-open-redis"
  | "move-slot"
  | "kill-in-slot-move"
  | "kill-postgres"
  | "restart-postgres"
  | "freeze-postgres"
  | "half-open-postgres";

export type PlannedFault = {
  readonly kind: FaultKind;
  /** From the beginning of the shopping. */
  readonly atMs: number;
  /** How long the process is away or the network silent. */
  readonly forMs: number;
  /** Which of those it can meet: taken modulo their number. */
  readonly target: number;
};

/** Faults of one lane come one after the other; those of different lanes at the same time. */
export type FaultLane = { readonly name: string; readonly faults: readonly PlannedFault[] };

type LaneShape = {
  readonly name: string;
  readonly kinds: readonly FaultKind[];
  readonly pauseMs: readonly [number, number];
  readonly lengthMs: readonly [number, number];
};

/**
 * Redis has one lane for all that changes who is master: a cluster that loses two of three masters at once has no
 * majority, and nothing that we build could sell on.
 */
const lanes: readonly LaneShape[] = [
  {
    name: "gateways",
    kinds: ["kill-gateway", "kill-gateway", "pause-gateway"],
    pauseMs: [3_000, 9_000],
    lengthMs: [300, 4_000],
  },
  { name: "workers", kinds: ["kill-worker"], pauseMs: [4_000, 12_000], lengthMs: [300, 5_000] },
  {
    name: "redis",
    kinds: [
      "kill-redis-master",
      "forgetful-fail-over",
      "forgetful-fail-over",
      "restart-redis-node",
      "pause-redis-node",
      "move-slot",
      "kill-in-slot-move",
    ],
    pauseMs: [1_500, 5_000],
    lengthMs: [300, 4_500],
  },
  {
    name: "postgres",
    kinds: ["kill-postgres", "restart-postgres"],
    pauseMs: [6_000, 14_000],
    lengthMs: [0, 2_500],
  },
  {
    name: "network",
    kinds: ["freeze-redis", "half-open-redis", "freeze-postgres", "half-open-postgres"],
    pauseMs: [3_000, 9_000],
    lengthMs: [500, 4_000],
  },
];

/**
 * The seed alone decides which fault comes when; how long a recovery takes only delays the rest of its lane. `only`
 * leaves out all kinds but these: what remains comes when it came.
 */
export function planFaults(seed: number, lengthMs: number, only: readonly string[] = []): FaultLane[] {
  const random = seededRandom(seed);
  const isWanted = ({ kind }: PlannedFault) => only.length === 0 || only.includes(kind);
  return lanes.map((shape) => {
    const own = random.fork(`faults of ${shape.name}`);
    const lane = { name: shape.name, faults: planLane(own, shape, lengthMs) };
    const { name, faults } = withLastFault(lane, lengthMs, own.between(0, 999));
    return { name, faults: faults.filter(isWanted) };
  });
}

/** It loses what was written last, and nobody shops afterwards: what is mended then was not met by a buyer. */
const lastFault = { kind: "forgetful-fail-over", forMs: 4_000, lane: "redis", roomMs: 6_000 } as const;

function withLastFault(lane: FaultLane, lengthMs: number, target: number): FaultLane {
  const { kind, forMs, roomMs } = lastFault;
  if (lane.name !== lastFault.lane) return lane;
  const before = lane.faults.filter(({ atMs }) => atMs < lengthMs - roomMs);
  return {
    ...lane,
    faults: [...before, { kind, forMs, target, atMs: Math.max(0, lengthMs - forMs + 1_000) }],
  };
}

function planLane(random: SeededRandom, shape: LaneShape, lengthMs: number): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (let atMs = random.between(500, shape.pauseMs[1]); atMs < lengthMs; ) {
    const forMs = random.between(...shape.lengthMs);
    faults.push({ kind: random.pick(shape.kinds), atMs, forMs, target: random.between(0, 999) });
    atMs += forMs + random.between(...shape.pauseMs);
  }
  return faults;
}
