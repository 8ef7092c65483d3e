import { limits } from "../../foundation/limits.ts";
import { defaultRoom } from "../../queue-admission/room-settings.ts";
import { timesCalled } from "../bench/redis-readings.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import { type Crowd, startCrowd } from "./crowd.ts";
import type { LineHeard } from "./line.ts";
import { joinPlaces } from "./room-places.ts";
import { type RoomStand, startRoomStand } from "./room-stand.ts";
import { bookSteadily, type SteadyBookings } from "./steady-bookings.ts";

type Size = { readonly count: number; readonly perSecond: number; readonly seconds: number };

type Storm = {
  readonly quiet: SteadyBookings;
  readonly stormy: SteadyBookings;
  readonly backMs: number;
  readonly line: LineHeard;
  readonly lookedUp: number;
};

const full: Size = { count: 18_000, perSecond: 100, seconds: 32 };
const tiny: Size = { count: 200, perSecond: 25, seconds: 3 };
const hourMs = 3_600_000;
const { firstMs, farFirstMs } = limits.socket.reconnect;

/** All sockets of a gateway are cut at once and come back by the rule that it told them, while others book there. */
export const stormPart: Part = {
  name: "storm",
  async measure(run) {
    const size = run.tiny ? tiny : full;
    const stand = await startRoomStand(`${run.folder}/storm`, {
      ...defaultRoom,
      draw: false,
      paused: true,
      cap: 10_000,
      ratePerMinute: 60,
      turnWindowMs: hourMs,
      passMs: hourMs,
    });
    try {
      return figuresOf(await measureStand(run, stand, size), size.count);
    } finally {
      await stand.stop();
    }
  },
};

async function measureStand({ say }: Run, stand: RoomStand, size: Size): Promise<Storm> {
  const [driver, gateway] = await Promise.all([stand.startDriver(), stand.startGateway()]);
  const { count } = size;
  try {
    const places = await joinPlaces(stand.redis, stand.eventId, count);
    const crowd = await startCrowd({
      count,
      ports: [gateway.port],
      handshakeOf: (index) => places[index] ?? { path: "/", headers: {} },
      tickPattern: '"served":(\\d+)',
    });
    try {
      say(`${count} places joined, all open after ${Math.round(await crowd.open())} ms`);
      await stand.openFor(count);
      return await measureStorm({ stand, crowd, port: gateway.port, size, say });
    } finally {
      await crowd.stop();
    }
  } finally {
    await Promise.all([driver.stop(), gateway.stop()]);
  }
}

type Stormy = {
  readonly stand: RoomStand;
  readonly crowd: Crowd;
  readonly port: number;
  readonly size: Size;
  readonly say: (line: string) => void;
};

async function measureStorm({ stand, crowd, port, size, say }: Stormy): Promise<Storm> {
  const { eventId, sectionId, redis } = stand;
  const shop = { port, eventId, sectionId };
  const [node] = redis.nodes("master");
  if (node === undefined) throw new Error("the cluster has no master");
  await bookSteadily(shop, { ...size, seconds: 1 });
  const quiet = await bookSteadily(shop, size);
  say(`quiet: ${quiet.booked} bookings, p99 ${quiet.p99Ms.toFixed(1)} ms`);
  // Nothing but a look for a standing reads scores.
  const before = await timesCalled(node, "zscore");
  await crowd.resetHearing();
  const [stormy, backMs] = await Promise.all([bookSteadily(shop, size), cutAndComeBack(crowd, size)]);
  say(
    `storm: ${stormy.booked} bookings, p99 ${stormy.p99Ms.toFixed(1)} ms, back after ${Math.round(backMs)} ms`,
  );
  const lookedUp = (await timesCalled(node, "zscore")) - before;
  return { quiet, stormy, backMs, line: await crowd.line(), lookedUp };
}

async function cutAndComeBack(crowd: Crowd, { count }: Size): Promise<number> {
  await crowd.cutAll();
  return crowd.open(count === full.count ? farFirstMs : firstMs, firstMs);
}

function figuresOf({ quiet, stormy, backMs, line, lookedUp }: Storm, count: number): Measurement[] {
  return [
    {
      name: "bookings' p99 during the storm",
      value: stormy.p99Ms,
      unit: "ms",
      limit: { name: "the quiet run just before", value: quiet.p99Ms },
      bar: { of: "ratio", sign: "≤", at: 3, size: "full" },
    },
    {
      name: "bookings' p50 during the storm",
      value: stormy.p50Ms,
      unit: "ms",
      limit: { name: "the quiet run just before", value: quiet.p50Ms },
    },
    {
      name: "all sockets back after",
      value: backMs,
      unit: "ms",
      bar: { of: "value", sign: "≤", at: 30_000, size: "any" },
    },
    {
      name: "sockets that did not hear their own number again",
      value: count - line.placed + line.misplaced,
      unit: "",
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    },
    {
      name: "watermarks told backwards",
      value: line.backwards,
      unit: "",
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    },
    { name: "standings read from Redis for all who came back", value: lookedUp, unit: "" },
  ];
}
