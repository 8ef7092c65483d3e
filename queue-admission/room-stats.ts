import { z } from "zod";

const count = z.number().nonnegative();

/** What the driver last said of its room, kept in Redis each second: operators read it, and the next driver begins with it. */
const schema = z.object({
  atMs: count,
  state: z.string(),
  waiting: count,
  /** Whose gateways say that they are here, of all with a place. */
  present: count,
  offered: count,
  inside: count,
  ratePerMinute: count,
  joinsPerSecond: count,
  waitP50Seconds: count.nullable(),
  waitP99Seconds: count.nullable(),
  /** Of each lane: how often the real wait fell into the range that was told. */
  accuracy: z.array(z.object({ measured: count, inside: count, early: count, late: count })),
  /** What the estimates have learned, lane by lane. */
  estimates: z.array(z.string()),
  pace: z.object({ ratePerMinute: count, wellSinceMs: z.number(), cutAtMs: z.number().nullable() }),
});

export type RoomStats = z.infer<typeof schema>;

export function parseRoomStats(text: string): RoomStats | undefined {
  return text === "" ? undefined : schema.safeParse(JSON.parse(text)).data;
}
