import { z } from "zod";
import type { RoomMinute } from "../../queue-admission/room-history.ts";
import { type RoomSettings } from "../../queue-admission/room-settings.ts";
import type { RoomStats } from "../../queue-admission/room-stats.ts";
import { roomStateSchema } from "./standing.ts";
import { timeSchema, timeView } from "./time.ts";

const seconds = (description: string) => z.number().nonnegative().meta({ description });
const laneSchema = z.strictObject({ name: z.string(), weight: z.int() });

/** How a room runs, as operators see and set it. */
export const roomSettingsWire = z
  .strictObject({
    lobbyAt: timeSchema("When the lobby opens."),
    opensAt: timeSchema("When the room opens; who came before is drawn by lot."),
    paused: z.boolean().meta({ description: "No turns are offered." }),
    closed: z.boolean().meta({ description: "Nobody joins and no turns are offered." }),
    cap: z.int().meta({ description: "Shoppers inside at once, offered turns included." }),
    ratePerMinute: z.int().meta({ description: "Most turns offered in a minute." }),
    turnWindowSeconds: seconds("How long a turn waits to be taken up."),
    passSeconds: seconds("How long a pass lasts."),
    renewals: z.int().meta({ description: "How often a pass can be made longer." }),
    absenceGraceSeconds: seconds("How long somebody counts as here whose connection is gone."),
    pace: z.enum(["fixed", "automatic"]).meta({
      description: "Automatic: between `leastPerMinute` and `ratePerMinute`, by how the bookings go.",
    }),
    leastPerMinute: z.int(),
    lanes: z
      .array(laneSchema)
      .meta({ description: "The general lane first; the others are entered with codes." }),
    proofOfWork: z.enum(["off", "on", "automatic"]),
    draw: z.boolean().meta({ description: "Whether those who come before the opening are drawn by lot." }),
    identities: z.enum(["any", "verified"]),
    deviceBinding: z.boolean(),
  })
  .meta({ id: "RoomSettings" });

export const roomChangesWire = roomSettingsWire.partial().strict().meta({ id: "RoomChanges" });

type Wire = z.infer<typeof roomSettingsWire>;

export function roomSettingsView(room: RoomSettings): Wire {
  const { lobbyAtMs, opensAtMs, turnWindowMs, passMs, absenceGraceMs, lanes, ...same } = room;
  return {
    ...same,
    lobbyAt: timeView(lobbyAtMs),
    opensAt: timeView(opensAtMs),
    turnWindowSeconds: turnWindowMs / 1_000,
    passSeconds: passMs / 1_000,
    absenceGraceSeconds: absenceGraceMs / 1_000,
    lanes: [...lanes],
  };
}

/** The settings with the changes in them; whether they make sense is for `roomSettingsSchema`. */
export function withChanges(
  room: RoomSettings,
  changes: { readonly [Name in keyof Wire]?: Wire[Name] | undefined },
): Record<string, unknown> {
  const wire = { ...roomSettingsView(room), ...changes } as Wire;
  const { lobbyAt, opensAt, turnWindowSeconds, passSeconds, absenceGraceSeconds, ...same } = wire;
  return {
    ...same,
    lobbyAtMs: Date.parse(lobbyAt),
    opensAtMs: Date.parse(opensAt),
    turnWindowMs: Math.round(turnWindowSeconds * 1_000),
    passMs: Math.round(passSeconds * 1_000),
    absenceGraceMs: Math.round(absenceGraceSeconds * 1_000),
  };
}

/** Names of the settings as the wire has them, for problems. */
export const wireNames: Readonly<Record<string, string>> = {
  lobbyAtMs: "lobbyAt",
  opensAtMs: "opensAt",
  turnWindowMs: "turnWindowSeconds",
  passMs: "passSeconds",
  absenceGraceMs: "absenceGraceSeconds",
};

const count = z.number().nonnegative();
const waits = {
  waitP50Seconds: count.nullable().meta({ description: "Of those who were offered a turn lately." }),
  waitP99Seconds: count.nullable(),
};

export const roomLiveSchema = z
  .strictObject({
    at: timeSchema("When the driver of the room said so."),
    state: roomStateSchema,
    waiting: count.meta({ description: "All with a place and neither turn nor pass." }),
    present: count.meta({ description: "Of them, those whose gateways say that they are here." }),
    absent: count,
    offered: count.meta({ description: "Turns that wait to be taken up." }),
    inside: count,
    ratePerMinute: count,
    joinsPerSecond: count,
    ...waits,
    estimates: z
      .array(z.strictObject({ lane: z.string(), measured: count, inside: count, early: count, late: count }))
      .meta({ description: "How often the real wait fell into the range that was told." }),
  })
  .meta({ id: "RoomLive" });

export const roomMinuteSchema = z
  .strictObject({
    minute: timeSchema("Its beginning."),
    joined: count,
    offered: count,
    waiting: count,
    present: count,
    turns: count,
    inside: count,
    ratePerMinute: count,
    ...waits,
  })
  .meta({ id: "RoomMinute" });

export function roomLiveView(
  stats: RoomStats,
  lanes: readonly { name: string }[],
): z.infer<typeof roomLiveSchema> {
  const { atMs, state, accuracy, estimates: _, pace: __, ...counts } = stats;
  const { waiting, present } = stats;
  return {
    ...counts,
    at: timeView(atMs),
    state: roomStateSchema.parse(state),
    absent: Math.max(0, waiting - present),
    estimates: accuracy.map((measured, index) => ({ lane: lanes[index]?.name ?? "", ...measured })),
  };
}

export function roomMinuteView({ minuteMs, ...counts }: RoomMinute): z.infer<typeof roomMinuteSchema> {
  return { minute: timeView(minuteMs), ...counts };
}
