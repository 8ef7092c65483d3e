import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { EventId } from "../foundation/ids.ts";
import type { RoomStats } from "../queue-admission/room-stats.ts";
import type { Runtime } from "./runtime.ts";

export type Metrics = { readonly contentType: string; text(): Promise<string> };

type RoomFigure = {
  readonly name: string;
  readonly help: string;
  readonly of: (stats: RoomStats) => number | null;
};

/** Of each room, as its driver last said; a figure that is not known yet is left out. */
const roomFigures: readonly RoomFigure[] = [
  { name: "waiting", help: "Places without turn or pass.", of: ({ waiting }) => waiting },
  { name: "present", help: "Places whose gateways say that they are here.", of: ({ present }) => present },
  {
    name: "absent",
    help: "Places that wait while nobody is there.",
    of: ({ waiting, present }) => Math.max(0, waiting - present),
  },
  { name: "turns", help: "Offered turns that wait to be taken up.", of: ({ offered }) => offered },
  { name: "inside", help: "Live passes.", of: ({ inside }) => inside },
  {
    name: "rate_per_minute",
    help: "Most turns offered in a minute.",
    of: ({ ratePerMinute }) => ratePerMinute,
  },
  {
    name: "joins_per_second",
    help: "New places in the last second.",
    of: ({ joinsPerSecond }) => joinsPerSecond,
  },
  { name: "wait_p50_seconds", help: "Median wait until a turn.", of: ({ waitP50Seconds }) => waitP50Seconds },
  { name: "wait_p99_seconds", help: "99th percentile of it.", of: ({ waitP99Seconds }) => waitP99Seconds },
  {
    name: "estimate_measured",
    help: "Waits that were held against the range that was told.",
    of: ({ accuracy }) => accuracy.reduce((sum, { measured }) => sum + measured, 0),
  },
  {
    name: "estimate_inside",
    help: "Of them, those that fell inside.",
    of: ({ accuracy }) => accuracy.reduce((sum, { inside }) => sum + inside, 0),
  },
];

/** What Prometheus reads of this process and, by any gateway alike, of the rooms. */
export function createMetrics(runtime: Pick<Runtime, "services" | "connections">): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const connections = () => runtime.connections.count();
  new Gauge({
    name: "onsale_connections",
    help: "Sockets and streams of this gateway.",
    registers: [registry],
    collect() {
      this.set(connections());
    },
  });
  const gauges = roomFigures.map(({ name, help, of }) => {
    const gauge = new Gauge({
      name: `onsale_room_${name}`,
      help,
      labelNames: ["event"],
      registers: [registry],
    });
    return { gauge, of };
  });
  return {
    contentType: registry.contentType,
    async text() {
      const rooms = await runtime.services.roomControl.allStats();
      for (const { gauge, of } of gauges) setAll(gauge, rooms, of);
      return registry.metrics();
    },
  };
}

function setAll(gauge: Gauge, rooms: ReadonlyMap<EventId, RoomStats>, of: RoomFigure["of"]): void {
  gauge.reset();
  for (const [event, stats] of rooms) {
    const value = of(stats);
    if (value !== null) gauge.set({ event }, value);
  }
}
