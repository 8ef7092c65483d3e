import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { StuckCounts } from "../booking-core/stuck-work/stuck-counts.ts";
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
];

type LaneFigure = {
  readonly name: string;
  readonly help: string;
  readonly of: keyof RoomStats["accuracy"][number];
};

/** Of each lane; what the driver says knows lanes by their place in the settings, the general one is 0. */
const laneFigures: readonly LaneFigure[] = [
  {
    name: "estimate_measured",
    help: "Waits that were held against the range that was told.",
    of: "measured",
  },
  { name: "estimate_inside", help: "Of them, those that fell inside.", of: "inside" },
  { name: "estimate_early", help: "Of them, turns that came before the range.", of: "early" },
  { name: "estimate_late", help: "Of them, turns that came after the range.", of: "late" },
];

/** What waits for people, by the label `kind`. Any gateway says the same. */
const stuckKinds: Readonly<Record<keyof StuckCounts, string>> = {
  deadLetters: "dead_letter",
  parkedWebhooks: "parked_webhook",
  parkedPayments: "parked_payment",
  parkedRefunds: "parked_refund",
  failedEmails: "failed_email",
};

/** What Prometheus reads of this process and, by any gateway alike, of the rooms. */
export function createMetrics(runtime: Pick<Runtime, "services" | "connections" | "maps">): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  countOf(registry, "onsale_connections", "Sockets and streams of the rooms in this gateway.", () =>
    runtime.connections.count(),
  );
  countOf(registry, "onsale_map_watchers", "Sockets and streams of the live seat maps in this gateway.", () =>
    runtime.maps.count(),
  );
  const gaugeOf = ({ name, help }: { name: string; help: string }, labelNames: string[]) =>
    new Gauge({ name: `onsale_room_${name}`, help, labelNames, registers: [registry] });
  const gauges = roomFigures.map((figure) => ({ gauge: gaugeOf(figure, ["event"]), of: figure.of }));
  const laneGauges = laneFigures.map((figure) => ({
    gauge: gaugeOf(figure, ["event", "lane"]),
    of: figure.of,
  }));
  const stuck = new Gauge({
    name: "onsale_stuck",
    help: "What does not go on by itself: jobs, messages, payments, refunds and e-mails that wait for people.",
    labelNames: ["kind"],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    async text() {
      await setStuck(runtime, stuck);
      const rooms = await runtime.services.roomControl.allStats();
      for (const { gauge, of } of gauges) setAll(gauge, rooms, of);
      for (const { gauge, of } of laneGauges) setLanes(gauge, rooms, of);
      return registry.metrics();
    },
  };
}

/** While Postgres cannot be asked there is no number, and all other figures are told. */
async function setStuck({ services }: Pick<Runtime, "services">, gauge: Gauge): Promise<void> {
  try {
    const counts = await services.stuckWork.counts();
    for (const [of, kind] of Object.entries(stuckKinds)) gauge.set({ kind }, counts[of as keyof StuckCounts]);
  } catch (error) {
    gauge.reset();
    services.logger.warn({ err: error }, "what waits for people could not be counted");
  }
}

function countOf(registry: Registry, name: string, help: string, count: () => number): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(count());
    },
  });
}

function setAll(gauge: Gauge, rooms: ReadonlyMap<EventId, RoomStats>, of: RoomFigure["of"]): void {
  gauge.reset();
  for (const [event, stats] of rooms) {
    const value = of(stats);
    if (value !== null) gauge.set({ event }, value);
  }
}

function setLanes(gauge: Gauge, rooms: ReadonlyMap<EventId, RoomStats>, of: LaneFigure["of"]): void {
  gauge.reset();
  for (const [event, { accuracy }] of rooms)
    for (const [lane, measured] of accuracy.entries()) gauge.set({ event, lane }, measured[of]);
}
