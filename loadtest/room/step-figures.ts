import type { EventId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { timeInCommand } from "../bench/redis-readings.ts";
import type { Measurement } from "../bench/report.ts";
import type { Run } from "../bench/suite.ts";
import { openRoom, type RoomServer, wideRoom } from "./room-server.ts";
import { type PresentCrowd, type SteppedRoom, steppedRoom } from "./stepped-room.ts";

const fewWaiting = 10_000;

export const everybody: PresentCrowd = { gateways: 3, absentShare: 0 };

/** What a step costs that lets a thousand in, where `joined` of them wait and where few do. */
export async function stepMeasurements(
  { tiny }: Run,
  server: RoomServer,
  eventId: EventId,
  joined: number,
): Promise<Measurement[]> {
  await openRoom(server, wideRoom, { eventId });
  const many = steppedRoom(server, eventId, joined);
  const few = steppedRoom(server, await openRoom(server, wideRoom));
  await few.step({ reserve: [fewWaiting + 1_000_000] });
  await few.fill(tiny ? 2_000 : fewWaiting);
  const rounds = tiny ? 1 : 25;
  const [ofMany, ofFew] = await measureSteps(server, [many, few], everybody, rounds);
  const [absent] = await measureSteps(server, [many], { ...everybody, absentShare: 0.4 }, rounds);
  // As many as it takes for all of a million to be here, each with about 18,000.
  const [crowded] = await measureSteps(server, [many], { ...everybody, gateways: 56 }, rounds);
  return [
    {
      ...{ name: "step that lets 1,000 in (median)", value: medianOf(ofMany), unit: "ms" },
      bar: { of: "value", sign: "≤", at: 50, size: "full" },
    },
    {
      ...{ name: "the same beside 10,000 waiting", value: medianOf(ofMany), unit: "ms" },
      limit: { name: "10,000 waiting", value: medianOf(ofFew) },
      bar: { of: "ratio", sign: "≤", at: 1.3, size: "full" },
    },
    { name: "step that lets 1,000 in (worst)", value: Math.max(...(ofMany ?? [])), unit: "ms" },
    { name: "the same with 40% absent (median)", value: medianOf(absent), unit: "ms" },
    { name: "the same with 56 gateways (median)", value: medianOf(crowded), unit: "ms" },
  ];
}

/**
 * The server's own time for steps that let in as many as a step may, each with as many waiting as the one before. The
 * rooms take turns, so that what else the machine does meets all of them.
 */
export async function measureSteps(
  server: RoomServer,
  rooms: readonly SteppedRoom[],
  crowd: PresentCrowd,
  rounds: number,
): Promise<number[][]> {
  const times = rooms.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, room] of rooms.entries()) times[index]?.push(await timeOfStep(server, room, crowd));
  return times;
}

async function timeOfStep({ node }: RoomServer, room: SteppedRoom, crowd: PresentCrowd): Promise<number> {
  await room.report(crowd);
  let offered = 0;
  // With the call for the lease, as each step of a driver that just got it.
  const time = await timeInCommand(node, "evalsha", async () => {
    offered = (await room.step())[2].length;
  });
  if (offered !== limits.room.turnsPerStep) throw new Error(`a step let ${offered} in`);
  await room.fill(offered);
  return time.perCallMs * time.calls;
}

export function medianOf(times: readonly number[] = []): number {
  const sorted = times.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
