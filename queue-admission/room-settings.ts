import { z } from "zod";
import { limits } from "../foundation/limits.ts";

const { room: bounds } = limits;

const time = z.int().nonnegative();
const span = (least: number, most: number) => z.int().min(least).max(most);

const laneSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, "must be 1 to 20 of a-z, 0-9 and `-`, a letter first"),
  weight: z.int().min(1).max(1_000),
});

/** How a room runs. The first lane is the general one; the others are entered with codes. */
const shape = z.strictObject({
  lobbyAtMs: time,
  opensAtMs: time,
  paused: z.boolean(),
  closed: z.boolean(),
  /** Shoppers inside at once: live passes and offered turns together never exceed it. */
  cap: span(1, 10_000_000),
  /** With automatic pace, the most. */
  ratePerMinute: span(1, 1_000_000),
  /** How long a turn waits to be taken up. */
  turnWindowMs: span(1_000, 24 * 3_600_000),
  passMs: span(1_000, 7 * 24 * 3_600_000),
  /** How often a pass can be made longer. */
  renewals: span(0, 1_000),
  /** For so long somebody counts as here whose connection is gone. */
  absenceGraceMs: span(1_000, 10 * 60_000),
  pace: z.enum(["fixed", "automatic"]),
  /** With automatic pace, the least. */
  leastPerMinute: span(1, 1_000_000),
  lanes: z.array(laneSchema).min(1).max(bounds.lanes),
  proofOfWork: z.enum(["off", "on", "automatic"]),
  /** Whether those who came before the opening are drawn by lot. */
  draw: z.boolean(),
  /** Who may have a place: anybody, or only accounts and addresses whose owner answered. */
  identities: z.enum(["any", "verified"]),
  /** Whether a place is only for sessions that are bound to the key of a device. */
  deviceBinding: z.boolean(),
});

export type RoomSettings = Readonly<z.infer<typeof shape>>;

export const roomSettingsSchema = shape.check((context) => {
  for (const [path, message] of problemsOf(context.value))
    context.issues.push({ code: "custom", path: [path], message, input: context.value });
});

function problemsOf(room: RoomSettings): [keyof RoomSettings, string][] {
  const problems: [keyof RoomSettings, string][] = [];
  const names = room.lanes.map(({ name }) => name);
  if (room.opensAtMs < room.lobbyAtMs) problems.push(["opensAtMs", "must not be before the lobby's time"]);
  if (room.turnWindowMs > room.passMs) problems.push(["turnWindowMs", "must not be longer than the pass"]);
  if (room.leastPerMinute > room.ratePerMinute)
    problems.push(["leastPerMinute", "must not be more than the rate"]);
  if (new Set(names).size < names.length) problems.push(["lanes", "must have a name of its own each"]);
  if (room.absenceGraceMs > room.passMs)
    problems.push(["absenceGraceMs", "must not be longer than the pass"]);
  return problems;
}

export const defaultRoom: RoomSettings = {
  lobbyAtMs: 0,
  opensAtMs: 0,
  paused: false,
  closed: false,
  cap: 500,
  ratePerMinute: 600,
  turnWindowMs: 2 * 60_000,
  passMs: 10 * 60_000,
  renewals: 1,
  absenceGraceMs: 15_000,
  pace: "fixed",
  leastPerMinute: 10,
  lanes: [{ name: "general", weight: 1 }],
  proofOfWork: "off",
  draw: true,
  identities: "any",
  deviceBinding: false,
};

/** The fields of the room's hash in Redis; `config` is what the driver and the gateways read. */
export function settingsFields(room: RoomSettings): Record<string, string | number> {
  return {
    lobbyAtMs: room.lobbyAtMs,
    opensAtMs: room.opensAtMs,
    paused: Number(room.paused),
    closed: Number(room.closed),
    cap: room.cap,
    turnWindowMs: room.turnWindowMs,
    passMs: room.passMs,
    renewals: room.renewals,
    absenceGraceMs: room.absenceGraceMs,
    draws: Number(room.draw),
    laneCount: room.lanes.length,
    laneNames: room.lanes.map(({ name }) => name).join(","),
    weights: room.lanes.map(({ weight }) => weight).join(","),
    config: JSON.stringify(room),
  };
}
