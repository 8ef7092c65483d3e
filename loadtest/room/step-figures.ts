import { limits } from "../../foundation/limits.ts";
import type { Measurement } from "../bench/report.ts";
import type { Run } from "../bench/suite.ts";
import { timeInCommand } from "./redis-readings.ts";
import { openRoom, type RoomServer, wideRoom } from "./room-server.ts";
import { type PresentCrowd, type SteppedRoom, steppedRoom } from "./stepped-room.ts";

export type StepFigures = { readonly medianMs: number; readonly worstMs: number };

/** The server's own time for steps that let in as many as a step may, each of them with as many waiting. */
export async function measureSteps(
  { node }: RoomServer,
  room: SteppedRoom,
  crowd: PresentCrowd & { readonly steps: number },
): Promise<StepFigures> {
  const times: number[] = [];
  const { turnsPerStep } = limits.room;
  for (let step = 0; step < crowd.steps; step += 1) {
    await room.report(crowd);
    let offered = 0;
    const time = await timeInCommand(node, "evalsha", async () => {
      offered = (await room.step())[2].length;
    });
    if (offered !== turnsPerStep) throw new Error(`a step let ${offered} in`);
    times.push(time.perCallMs * time.calls);
    await room.fill(offered);
  }
  times.sort((left, right) => left - right);
  return { medianMs: times[Math.floor(times.length / 2)] ?? 0, worstMs: times.at(-1) ?? 0 };
}

/** What a step costs that lets a thousand in, with many waiting and with few. */
export async function stepMeasurements(
  { tiny, say }: Run,
  server: RoomServer,
  count: number,
): Promise<Measurement[]> {
  const steps = tiny ? 1 : 15;
  const few = await openWaiting(server, tiny ? 2_000 : 10_000);
  const many = await openWaiting(server, count);
  say(`${count} wait`);
  const everybody = { gateways: 3, absentShare: 0, steps };
  const ofFew = await measureSteps(server, few, everybody);
  const ofMany = await measureSteps(server, many, everybody);
  const absent = await measureSteps(server, many, { ...everybody, absentShare: 0.4 });
  const crowded = await measureSteps(server, many, { ...everybody, gateways: 56 });
  return [
    {
      ...{ name: "step that lets 1,000 in (median)", value: ofMany.medianMs, unit: "ms" },
      bar: { of: "value", sign: "≤", at: 50, size: "full" },
    },
    {
      ...{ name: "the same beside 10,000 waiting", value: ofMany.medianMs, unit: "ms" },
      limit: { name: "10,000 waiting", value: ofFew.medianMs },
      bar: { of: "ratio", sign: "≤", at: 1.3, size: "full" },
    },
    { name: "step that lets 1,000 in (worst)", value: ofMany.worstMs, unit: "ms" },
    { name: "the same with 40% absent (median)", value: absent.medianMs, unit: "ms" },
    { name: "the same with 56 gateways (median)", value: crowded.medianMs, unit: "ms" },
  ];
}

async function openWaiting(server: RoomServer, count: number): Promise<SteppedRoom> {
  const room = steppedRoom(server, await openRoom(server, wideRoom));
  await room.step({ reserve: [2 * count + 1_000_000] });
  await room.fill(count);
  return room;
}
