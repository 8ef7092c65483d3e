import type { Measurement } from "../bench/report.ts";
import type { Part, Run } from "../bench/suite.ts";
import { openLossRoom, type Receipt } from "./loss-room.ts";
import { type MortalRedis, startMortalRedis } from "./mortal-redis.ts";
import { wideRoom } from "./room-server.ts";

type LossRoom = Awaited<ReturnType<typeof openLossRoom>>;

/** What a room that lost places looks like once all have come back with their receipts. */
type Outcome = {
  readonly restored: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly letInAfterMs: number;
};

/** Few are let in at a time, so that most of them wait when it happens. */
const slowRoom = { ...wideRoom, ratePerMinute: 600, leastPerMinute: 1 };

/** No number twice and no place lost: through a server that is killed, and through one that is emptied. */
export const lossPart: Part = {
  name: "loss",
  async measure(run) {
    const server = await startMortalRedis(run);
    const absenceGraceMs = run.tiny ? 1_000 : wideRoom.absenceGraceMs;
    const room = await openLossRoom(server.redis, { ...slowRoom, absenceGraceMs });
    try {
      return await measureLosses(run, server, room);
    } finally {
      await room.stop();
      await server.stop();
    }
  },
};

async function measureLosses(
  { tiny, say }: Run,
  server: MortalRedis,
  room: LossRoom,
): Promise<Measurement[]> {
  const half = tiny ? 200 : 10_000;
  const everybody = await room.joinMany(0, half);
  await server.stopKeeping();
  everybody.push(...(await room.joinMany(half, half)));
  const crashed = await lose(room, everybody, () => server.crash());
  say(`${crashed.restored} of ${2 * half} came back after the crash`);
  await room.untilKept();
  // A worker looks every few seconds for rooms that Redis does not have; here it finds this one at once.
  const emptied = await lose(room, everybody, async () => {
    await server.flushAll();
    await room.publishAgain();
  });
  say(`${emptied.restored} came back after everything was gone`);
  return [...figuresOf("killed -9", crashed), ...figuresOf("emptied, published again", emptied)];
}

/** As many as a tenth join while the others come back; they are added to `everybody`. */
async function lose(room: LossRoom, everybody: Receipt[], disaster: () => Promise<void>): Promise<Outcome> {
  const startedMs = performance.now();
  await disaster();
  const letIn = room.nextTurn().then(() => performance.now() - startedMs);
  const [restored, newcomers] = await Promise.all([
    room.restoreAll(everybody),
    room.joinMany(everybody.length, everybody.length / 10),
  ]);
  everybody.push(...newcomers);
  const numbers = await room.numbers(everybody);
  const lost = everybody.filter(({ identity, number }) => numbers.get(identity) !== number).length;
  const duplicates = everybody.length - new Set(everybody.map(({ number }) => number)).size;
  return { restored, lost, duplicates, letInAfterMs: await letIn };
}

function figuresOf(how: string, { restored, lost, duplicates, letInAfterMs }: Outcome): Measurement[] {
  const bar = { of: "value", sign: "≤", at: 0, size: "any" } as const;
  return [
    { name: `${how}: places lost`, value: lost, unit: "places", bar },
    { name: `${how}: numbers given twice`, value: duplicates, unit: "numbers", bar },
    { name: `${how}: places that came back by receipt`, value: restored, unit: "places" },
    { name: `${how}: somebody is let in again after`, value: letInAfterMs / 1_000, unit: "s" },
  ];
}
