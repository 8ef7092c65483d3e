import { setTimeout as pause } from "node:timers/promises";
import { pino } from "pino";
import { systemClock } from "../foundation/clock.ts";
import { limits } from "../foundation/limits.ts";
import type { Redis } from "../foundation/redis/connect.ts";
import { openRoomsKey, roomKeys } from "../foundation/redis/keys.ts";
import { createShardedChannels } from "../foundation/redis/sharded-channels.ts";
import { startChild, type TestChild } from "../test/harness/child.ts";
import { parseLanes } from "./lanes.ts";
import { type StepOrders, stepRoom, takeLease } from "./room-lease.ts";
import { createRoomWatches } from "./room-watch.ts";
import { createRooms } from "./rooms.ts";
import { createCrowd, seededRandom } from "./test-crowd.ts";
import { openTestRoom, type TestRoom } from "./test-room.ts";

/** How full a room was kept while its driver died every 2 s, once it was full for the first time. */
export type Utilisation = {
  /** The most that offered turns and passes together were above the cap. */
  readonly overshoot: number;
  /** Live turns and passes over the cap, averaged over time. */
  readonly utilisation: number;
  /** Of those who waited, averaged over time. */
  readonly awayShare: number;
  readonly admitted: number;
  readonly takeovers: number;
  /** Steps of drivers that had lost the lease: all of them must be refused. */
  readonly refusedSteps: number;
  readonly samples: number;
};

const cap = 500;
const waiting = 800;
const dieEveryMs = 2_000;
const settings = { cap, ratePerMinute: 60_000, turnWindowMs: 10_000, passMs: 600_000 };
const orders: StepOrders = {
  ratePerMinute: 60_000,
  freeSeats: undefined,
  soldOut: false,
  reserve: [],
  about: "",
};

/** Samples of one room: what Redis counts, and of it what is still good at this time. */
function createGauge(redis: Redis, room: Pick<TestRoom, "eventId">) {
  const keys = roomKeys(room.eventId);
  let [overshoot, sum, samples, away] = [0, 0, 0, 0];
  let wasFull = false;
  return {
    async sample(nowMs: number, awayShare: number): Promise<void> {
      const live = [`(${nowMs}`, "+inf"] as const;
      const asked = redis.multi().zcard(keys.turns).zcard(keys.inside);
      const replies = await asked
        .zcount(keys.turns, ...live)
        .zcount(keys.inside, ...live)
        .exec();
      const [turns = 0, inside = 0, liveTurns = 0, liveInside = 0] = (replies ?? []).map(([, count]) =>
        Number(count),
      );
      overshoot = Math.max(overshoot, turns + inside - cap);
      wasFull ||= liveTurns + liveInside >= cap;
      if (!wasFull) return;
      sum += (liveTurns + liveInside) / cap;
      away += awayShare;
      samples += 1;
    },
    result: () => ({ overshoot, utilisation: sum / samples, awayShare: away / samples, samples }),
  };
}

/**
 * Minutes of a room with a clock of its own and the real scripts. Every 2 s the driver dies, and the next one begins
 * when the lease has ended and it has noticed; each tenth time the one that was replaced still steps at the same time.
 */
export async function simulateUtilisation(
  redis: Redis,
  minutes: number,
  seed: number,
  createDriver = createSimulatedDriver,
): Promise<Utilisation> {
  const room = await openTestRoom(redis, settings);
  const { rooms, eventId, presence, clock } = room;
  const crowd = createCrowd({ rooms, eventId, presence, random: seededRandom(seed), waiting });
  const gauge = createGauge(redis, room);
  const driver = createDriver(redis, room, settings);
  const endMs = clock.nowMs + minutes * 60_000;
  for (let tick = 0; clock.nowMs < endMs; tick += 1) {
    clock.nowMs += limits.room.stepMs;
    await crowd.advance(clock.nowMs, driver.servedUpTo());
    if (driver.isAlive(tick)) {
      await room.report([driver.servedUpTo()]);
      await driver.tick(tick);
    }
    const fresh = redis.zrangebyscore(roomKeys(eventId).turns, clock.nowMs + settings.turnWindowMs, "+inf");
    await gauge.sample(clock.nowMs, crowd.counts.away / crowd.counts.waiting);
    crowd.offer(await fresh);
  }
  return { ...gauge.result(), admitted: crowd.counts.admitted, ...driver.counts };
}

/** What drives the simulated room; `tick` counts its steps. */
export type SimulatedDriver = {
  readonly counts: Pick<Utilisation, "takeovers" | "refusedSteps">;
  servedUpTo(): number;
  isAlive(tick: number): boolean;
  tick(tick: number): Promise<void>;
};

function createSimulatedDriver(
  redis: Redis,
  { eventId, clock }: TestRoom,
  _settings: typeof settings,
): SimulatedDriver {
  const cycle = dieEveryMs / limits.room.stepMs;
  /** The lease ends a second after the last step, and the next driver asks at its next step. */
  const silent = limits.room.leaseMs / limits.room.stepMs;
  const counts = { takeovers: 0, refusedSteps: 0 };
  let [fence, servedUpTo] = [0, 0];
  const holder = () => ({ redis, clock, driverId: `driver-${counts.takeovers}` });

  async function step(by: ReturnType<typeof holder>, withFence: number): Promise<void> {
    const reply = await stepRoom(by, eventId, withFence, orders);
    if (reply[0] === "fenced") counts.refusedSteps += 1;
    if (reply[0] === "stepped") servedUpTo = parseLanes(reply[7], "general")[0]?.served ?? 0;
  }

  return {
    counts,
    servedUpTo: () => servedUpTo,
    isAlive: (tick: number) => tick < cycle || tick % cycle >= silent,
    async tick(tick: number): Promise<void> {
      if (tick % cycle !== silent && tick > 0) return step(holder(), fence);
      const [former, formerFence] = [holder(), fence];
      counts.takeovers += 1;
      await redis.del(roomKeys(eventId).lease);
      fence = (await takeLease(holder(), eventId)) ?? 0;
      const isFought = counts.takeovers % 10 === 0;
      await Promise.all([...(isFought ? [step(former, formerFence)] : []), step(holder(), fence)]);
    },
  };
}

/** The same in real time: gateway code that reports and hears the news, and driver processes that are killed -9. */
export async function measureUtilisation(
  redis: Redis,
  nodeUrls: readonly string[],
  seconds: number,
  seed: number,
): Promise<Utilisation> {
  const { eventId, tokens } = await openTestRoom(redis, settings);
  const logger = pino({ level: "silent" });
  const watchParts = {
    redis,
    channels: createShardedChannels(redis),
    clock: systemClock,
    logger,
    gatewayId: "gateway",
  };
  const watches = createRoomWatches(watchParts);
  const watch = await watches.open(eventId);
  const rooms = createRooms({ redis, clock: systemClock, tokens });
  const { presence } = watch;
  const crowd = createCrowd({ rooms, eventId, presence, random: seededRandom(seed), waiting });
  watch.listen((news) => news.kind === "turns" && crowd.offer(news.turns.map(({ identity }) => identity)));
  const gauge = createGauge(redis, { eventId });
  await redis.sadd(openRoomsKey, eventId);
  const drivers = await createMortalDrivers(nodeUrls);
  const endMs = Date.now() + seconds * 1_000;
  while (Date.now() < endMs) {
    await crowd.advance(Date.now(), watch.tick()?.lanes[0]?.served ?? 0);
    await gauge.sample(Date.now(), crowd.counts.away / crowd.counts.waiting);
    drivers.tick();
    await pause(20);
  }
  await drivers.end();
  await redis.srem(openRoomsKey, eventId);
  await watches.stop();
  return { ...gauge.result(), admitted: crowd.counts.admitted, takeovers: drivers.killed(), refusedSteps: 0 };
}

/** Two at a time; every 2 s the older one is killed and a new one begins. */
async function createMortalDrivers(nodeUrls: readonly string[]) {
  let count = 0;
  const begin = () => {
    count += 1;
    return startChild("queue-admission/test-driver.ts", {}, [`driver-${count}`, nodeUrls.join(",")]);
  };
  const alive: TestChild[] = await Promise.all([begin(), begin()]);
  let [killedAtMs, killed] = [Date.now(), 0];
  let replacing: Promise<void> = Promise.resolve();

  async function replace(): Promise<void> {
    await alive.shift()?.kill("SIGKILL");
    alive.push(await begin());
  }

  return {
    killed: () => killed,
    tick(): void {
      if (Date.now() - killedAtMs < dieEveryMs) return;
      killedAtMs = Date.now();
      killed += 1;
      replacing = replacing.then(replace);
    },
    async end(): Promise<void> {
      await replacing;
      await Promise.all(alive.map((child) => child.kill("SIGKILL")));
    },
  };
}
