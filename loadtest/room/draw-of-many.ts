import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../foundation/clock.ts";
import { roomKeys } from "../../foundation/redis/keys.ts";
import { createRoomDriver } from "../../queue-admission/room-driver.ts";
import { createTestRecords } from "../../queue-admission/test-records.ts";
import type { Measurement } from "../bench/report.ts";
import type { Run } from "../bench/suite.ts";
import { openRoom, type RoomServer, silent, wideRoom } from "./room-server.ts";
import { everybody, measureSteps, medianOf } from "./step-figures.ts";
import { steppedRoom } from "./stepped-room.ts";

/** Longer calls of the server are listed. */
const listedFromUs = 200;

/** A lobby of as many is closed and drawn by a driver that does nothing else. */
export async function drawMeasurements(
  { tiny, say }: Run,
  server: RoomServer,
  count: number,
): Promise<Measurement[]> {
  const lobby = { ...wideRoom, draw: true, opensAtMs: Date.now() + 3_600_000 };
  const eventId = await openRoom(server, lobby);
  const room = steppedRoom(server, eventId);
  await room.step({ reserve: [2 * count + 1_000_000] });
  await room.fill(count);
  say(`${count} are in the lobby`);
  await server.node.config("SET", "slowlog-log-slower-than", String(listedFromUs));
  await server.node.config("SET", "slowlog-max-len", "100000");
  await server.node.slowlog("RESET");
  const seconds = await drawWithDriver(server, lobby, eventId);
  const longestMs = await longestCallMs(server);
  say(`drawn in ${seconds.toFixed(1)} s`);
  const [steps] = await measureSteps(server, [room], everybody, tiny ? 1 : 25);
  return [
    { name: "draw, from closing the lobby to open", value: seconds, unit: "s" },
    { name: "draw, longest call of the server", value: longestMs, unit: "ms" },
    { name: "step that lets 1,000 in, in drawn order (median)", value: medianOf(steps), unit: "ms" },
  ];
}

async function drawWithDriver(
  server: RoomServer,
  lobby: typeof wideRoom,
  eventId: Awaited<ReturnType<typeof openRoom>>,
): Promise<number> {
  const { redis } = server;
  const records = createTestRecords();
  const driverId = "driver-of-the-draw";
  const driver = createRoomDriver({ redis, clock: systemClock, logger: silent, driverId, records });
  driver.start();
  const { settings } = roomKeys(eventId);
  const startedMs = performance.now();
  await openRoom(server, { ...lobby, opensAtMs: Date.now() }, { eventId, listed: true });
  while ((await redis.hget(settings, "drawState")) !== "done") await pause(20);
  const seconds = (performance.now() - startedMs) / 1_000;
  await driver.stop();
  return seconds;
}

async function longestCallMs({ node }: RoomServer): Promise<number> {
  const calls = (await node.slowlog("GET", "100000")) as [id: number, at: number, us: number, ...unknown[]][];
  return Math.max(listedFromUs, ...calls.map(([, , us]) => us)) / 1_000;
}
