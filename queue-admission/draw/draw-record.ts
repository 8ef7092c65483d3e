import { z } from "zod";
import { uuidPattern } from "../../foundation/ids.ts";

/** The most entrants of a lane that a check recomputes: a record that claims more is no reason to fill the memory. */
const mostEntrants = 20_000_000;

const eventId = z.string().regex(uuidPattern);
const digestHex = z.string().regex(/^[0-9a-f]{64}$/);
const beaconHex = z
  .string()
  .regex(/^([0-9a-f]{2}){1,512}$/)
  .nullable();

const drawLaneSchema = z.object({
  lane: z.string().refine(isLaneName, { error: "1 to 255 bytes" }),
  entrants: z.int().min(0).max(mostEntrants),
  root: digestHex.meta({ description: "The Merkle root of the lane's entrants." }),
});

const drawLanesSchema = z
  .array(drawLaneSchema)
  .refine((lanes) => new Set(lanes.map(({ lane }) => lane)).size === lanes.length, {
    error: "a lane stands twice",
  });

/** Left out where no random value from outside was announced. */
const announcedBeacon = {
  beaconSource: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: "Where the random value from outside comes from, as it was announced." }),
  beaconAnnouncedAtMs: z.int().optional().meta({ description: "When; always before the lobby opened." }),
};

const heldDrawSchema = z.object({
  eventId,
  ...announcedBeacon,
  commitment: digestHex,
  seed: digestHex.meta({ description: "The secret that the commitment fixed." }),
  beacon: beaconHex.meta({ description: "The random value from outside that was announced, or null." }),
  lanes: drawLanesSchema,
  drawnAtMs: z.int(),
});

/**
 * Strict, so that a record of a draw with a malformed seed is never taken for one before its draw. The lists may be
 * published before the seed: only then does a beacon bind the operator (docs/draw.md).
 */
const comingDrawSchema = z.strictObject({
  eventId,
  commitment: digestHex.meta({
    description: "SHA-256 of the secret seed, published before the lobby opens.",
  }),
  ...announcedBeacon,
  lanes: drawLanesSchema.optional(),
});

/** What `GET /v1/events/:id/draw` answers: before the draw without the seed, from then on with all that made it. */
export const drawRecordSchema = z.union([heldDrawSchema, comingDrawSchema]);

export type DrawLane = z.infer<typeof drawLaneSchema>;
export type HeldDraw = z.infer<typeof heldDrawSchema>;
export type ComingDraw = z.infer<typeof comingDrawSchema>;
export type DrawRecord = z.infer<typeof drawRecordSchema>;

export function isHeld(record: DrawRecord): record is HeldDraw {
  return "seed" in record;
}

function isLaneName(name: string): boolean {
  const { length } = Buffer.from(name);
  return length > 0 && length <= 255;
}

/** What `GET /v1/events/:id/draw/proofs/:lane/:entry` answers: the neighbours from the leaf up to the root. */
export const drawProofSchema = z.object({ proof: z.array(digestHex).max(32) });
