import { z } from "zod";
import { limits } from "../../foundation/limits.ts";
import type { RoomMinute } from "../../queue-admission/room-history.ts";
import { type RoomSettings } from "../../queue-admission/room-settings.ts";
import type { RoomStats } from "../../queue-admission/room-stats.ts";
import { roomStateSchema } from "./standing.ts";
import { givenTimeSchema, timeSchema, timeView } from "./time.ts";

const whole = (least: number, most: number, description: string) =>
  z.int().min(least).max(most).meta({ description });
const seconds = (most: number, description: string) =>
  z
    .number()
    .min(1)
    .max(most)
    .meta({ description: `${description} In seconds.` });
const laneSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, "must be 1 to 20 of a-z, 0-9 and `-`, a letter first"),
  weight: whole(1, 1_000, "The lane's share of the turns, against the other weights."),
});

/** How a room runs, as operators see and set it: the bounds of `roomSettingsSchema` in the units of the wire. */
export const roomSettingsWire = z
  .strictObject({
    lobbyAt: givenTimeSchema("When the lobby opens."),
    opensAt: givenTimeSchema("When the room opens; who came before is drawn by lot."),
    paused: z.boolean().meta({ description: "No turns are offered." }),
    closed: z.boolean().meta({ description: "Nobody joins and no turns are offered." }),
    cap: whole(1, 10_000_000, "Shoppers inside at once, offered turns included."),
    ratePerMinute: whole(1, 1_000_000, "Most turns offered in a minute."),
    turnWindowSeconds: seconds(86_400, "How long a turn waits to be taken up; not longer than the pass."),
    passSeconds: seconds(604_800, "How long a pass lasts, and again how long from each renewal on."),
    renewals: whole(0, 1_000, "How often a pass can be made longer."),
    absenceGraceSeconds: seconds(600, "How long somebody counts as here whose connection is gone."),
    pace: z.enum(["fixed", "automatic"]).meta({
      description: "Automatic: between `leastPerMinute` and `ratePerMinute`, by how the bookings go.",
    }),
    leastPerMinute: whole(1, 1_000_000, "With automatic pace, the least; not more than `ratePerMinute`."),
    lanes: z.array(laneSchema).min(1).max(limits.room.lanes).meta({
      description:
        "The general lane first; the others are entered with codes. All lanes are given, also those that stay.",
    }),
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

const accuracySchema = z.strictObject({
  lane: z.string(),
  measured: count.meta({ description: "Waits that were held against the range that was told." }),
  inside: count.meta({ description: "The turn came within the range." }),
  early: count.meta({ description: "The turn came before the range began." }),
  late: count.meta({ description: "The turn came after the range had ended." }),
});

export const roomLiveSchema = z
  .strictObject({
    at: timeSchema("When the driver of the room said so."),
    state: roomStateSchema,
    waiting: count.meta({ description: "All with a place and neither turn nor pass." }),
    present: count.meta({ description: "Of them, those whose gateways say that they are here." }),
    absent: count,
    turns: count.meta({ description: "Offered turns that wait to be taken up." }),
    inside: count.meta({ description: "Live passes." }),
    ratePerMinute: count,
    joinsPerSecond: count,
    ...waits,
    estimates: z
      .array(accuracySchema)
      .meta({ description: "Lane by lane, how often the real wait fell into the range that was told." }),
  })
  .meta({ id: "RoomLive" });

export const roomMinuteSchema = z
  .strictObject({
    minute: timeSchema("Its beginning."),
    joined: count.meta({ description: "New places." }),
    offered: count.meta({ description: "Turns that were offered in this minute." }),
    waiting: count,
    present: count,
    turns: count.meta({ description: "Offered turns that waited to be taken up at its end." }),
    inside: count,
    ratePerMinute: count,
    ...waits,
  })
  .meta({ id: "RoomMinute" });

export function roomLiveView(
  stats: RoomStats,
  lanes: readonly { name: string }[],
): z.infer<typeof roomLiveSchema> {
  const { atMs, state, accuracy, estimates: _, pace: __, offered, ...counts } = stats;
  const { waiting, present } = stats;
  return {
    ...counts,
    turns: offered,
    at: timeView(atMs),
    state: roomStateSchema.parse(state),
    absent: Math.max(0, waiting - present),
    estimates: accuracy.map((measured, index) => ({ lane: lanes[index]?.name ?? "", ...measured })),
  };
}

export function roomMinuteView({ minuteMs, ...counts }: RoomMinute): z.infer<typeof roomMinuteSchema> {
  return { minute: timeView(minuteMs), ...counts };
}
