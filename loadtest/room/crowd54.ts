import { setTimeout as pause } from "node:timers/promises";
import { defaultRoom } from "../../queue-admission/room-settings.ts";
import type { MeteredProcess } from "../bench/metered-process.ts";
import { monotonicMs } from "../bench/monotonic.ts";
import type { Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import { type Crowd, startCrowd } from "./crowd.ts";
import type { Handshake } from "./handshake.ts";
import type { LineHeard } from "./line.ts";
import { startMetronome } from "./metronome.ts";
import { joinPlaces } from "./room-places.ts";
import { type RoomStand, startRoomStand } from "./room-stand.ts";

const gatewayCount = 3;
const servedPerMinute = 600;
const hourMs = 3_600_000;

type Steady = {
  readonly minutes: number;
  readonly messages: number;
  readonly line: LineHeard;
  readonly cpuShares: readonly number[];
  readonly stallMs: number;
};

/** One room over three gateways, driven as in production: who hears how often. */
export const crowd54Part: Part = {
  name: "crowd54",
  async measure(run) {
    const size = run.tiny ? { each: 100, seconds: 4 } : { each: 18_000, seconds: 120 };
    const stand = await startRoomStand(`${run.folder}/crowd54`, {
      ...defaultRoom,
      paused: true,
      draw: false,
      cap: 100_000,
      ratePerMinute: servedPerMinute,
      turnWindowMs: hourMs,
      passMs: hourMs,
    });
    try {
      return figuresOf(await measureStand(run, stand, size), size.each * gatewayCount);
    } finally {
      await stand.stop();
    }
  },
};

async function measureStand(
  { say }: Run,
  stand: RoomStand,
  { each, seconds }: { each: number; seconds: number },
): Promise<Steady> {
  const [driver, ...gateways] = await Promise.all([
    stand.startDriver(),
    ...Array.from({ length: gatewayCount }, () => stand.startGateway()),
  ]);
  const count = each * gatewayCount;
  try {
    const places = await joinPlaces(stand.redis, stand.eventId, count);
    say(`${count} places joined`);
    const crowd = await startCrowd({
      count,
      ports: gateways.map(({ port }) => port),
      handshakeOf: (index) => placeOf(places, index, each),
      tickPattern: '"served":(\\d+)',
      socketsPerProcess: each,
    });
    try {
      say(`all open after ${Math.round(await crowd.open())} ms`);
      await stand.openFor(count);
      return await measureSteady(crowd, gateways, seconds);
    } finally {
      await crowd.stop();
    }
  } finally {
    await Promise.all([driver, ...gateways].map(({ stop }) => stop()));
  }
}

/** Neighbours of the line are at different gateways. */
function placeOf(places: readonly Handshake[], index: number, each: number): Handshake {
  const place = places[(index % each) * gatewayCount + Math.floor(index / each)];
  if (place === undefined) throw new Error(`no place for the socket ${index}`);
  return place;
}

const settleMs = 2_000;

async function measureSteady(
  crowd: Crowd,
  gateways: readonly MeteredProcess[],
  seconds: number,
): Promise<Steady> {
  const cpu = () => Promise.all(gateways.map(({ cpuMs }) => cpuMs()));
  await pause(settleMs);
  await crowd.resetHearing();
  const [startedMs, cpuBefore] = [monotonicMs(), await cpu()];
  const metronome = startMetronome();
  await pause(seconds * 1_000);
  const stallMs = metronome.stop();
  const [line, heard, cpuAfter] = [await crowd.line(), await crowd.hearing(0, Infinity), await cpu()];
  const tookMs = monotonicMs() - startedMs;
  const cpuShares = cpuAfter.map((after, index) => (100 * (after - (cpuBefore[index] ?? 0))) / tookMs);
  return { minutes: tookMs / 60_000, messages: heard.messages, line, cpuShares, stallMs };
}

function figuresOf({ minutes, messages, line, cpuShares, stallMs }: Steady, count: number): Measurement[] {
  return [
    {
      name: "messages per minute",
      value: messages / minutes,
      unit: "messages",
      limit: { name: "a tick each second to all", value: count * 60 },
      bar: { of: "ratio", sign: "≤", at: 0.2, size: "full" },
    },
    {
      name: "silences among the next 1,000 that ended within 1 s",
      value: 100 * (1 - line.lateNearGaps / line.nearGaps),
      unit: "%",
      bar: { of: "value", sign: "≥", at: 99, size: "full" },
    },
    {
      // Seven processes share the cores here: what none of them could have done is not held against ours.
      name: "longest silence among the next 1,000, less the machine's own",
      value: line.widestNearMs - stallMs,
      unit: "ms",
      bar: { of: "value", sign: "≤", at: 1_000, size: "full" },
    },
    { name: "longest silence among the next 1,000", value: line.widestNearMs, unit: "ms" },
    { name: "longest that an idle process waited for its timer", value: stallMs, unit: "ms" },
    { name: "times somebody of the next 1,000 was told something", value: line.nearGaps, unit: "" },
    { name: "of them after more than 1 s", value: line.lateNearGaps, unit: "" },
    {
      name: "watermarks told backwards",
      value: line.backwards,
      unit: "",
      bar: { of: "value", sign: "≤", at: 0, size: "any" },
    },
    ...cpuShares.map((value, index) => ({ name: `CPU of gateway ${index + 1}`, value, unit: "% of a core" })),
  ];
}
