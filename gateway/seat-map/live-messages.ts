import { z } from "zod";
import type { SectionId } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import { idSchema } from "../wire/id.ts";

/** A WebSocket where the request asks for one, else a stream of events. */
export const livePath = "/v1/events/:eventId/seats/live";

export const liveByeReasons = ["stopping", "message_invalid", "unavailable"] as const;
export type LiveByeReason = (typeof liveByeReasons)[number];

const reconnectSchema = z.strictObject({ firstMs: z.int(), mostMs: z.int(), factor: z.number() }).meta({
  description:
    "How to come back after a lost connection: wait a random time between 0 and a bound, which begins at `firstMs` and grows by `factor` with each failure, up to `mostMs`.",
});

const version = z.int().min(0);
const sectionId = idSchema<SectionId>("The section.");
const free = z.int().min(0).meta({ description: "As in the snapshot." });

const changeSchema = z.strictObject({
  sectionId,
  from: version.meta({ description: "The change is good for every version from this one on." }),
  version: version.meta({ description: "The version after the change." }),
  free,
  changed: z.string().meta({
    description: "Runs of seats: the number of the first, and a letter a seat as in the snapshot.",
    example: "120:hh,133:f",
  }),
});

const reloadSchema = z
  .strictObject({ sectionId, version, free, reload: z.literal(true) })
  .meta({ description: "Anything may have changed: take the snapshot." });

const sectionsSchema = z.strictObject({
  type: z.literal("sections"),
  reconnect: reconnectSchema,
  sections: z
    .array(z.strictObject({ id: sectionId, version }))
    .meta({ description: "A section that is being loaded just now is left out." }),
});
const seatsSchema = z.strictObject({
  type: z.literal("seats"),
  changes: z.array(z.union([changeSchema, reloadSchema])),
});
const byeSchema = z.strictObject({
  type: z.literal("bye"),
  reason: z.enum(liveByeReasons),
  reconnect: reconnectSchema,
});

/** What the server says, with what each means; a client ignores types that it does not know. */
export const liveMessages = {
  sections: {
    schema: sectionsSchema,
    summary: "The first message: the sections that are followed, and their versions.",
  },
  seats: { schema: seatsSchema, summary: "What changed, gathered for a tenth of a second." },
  bye: { schema: byeSchema, summary: "The server ends the connection, and says why." },
} as const;

export const liveMessageSchema = z
  .union([sectionsSchema, seatsSchema, byeSchema])
  .meta({ id: "SeatsLiveMessage" });

export type LiveMessage = z.infer<typeof liveMessageSchema>;
export type SeatChange = z.infer<typeof seatsSchema>["changes"][number];

const { firstMs, mostMs, factor } = limits.socket.reconnect;
const reconnect = { firstMs, mostMs, factor };

export function sectionsMessage(sections: readonly { id: SectionId; version: number }[]): LiveMessage {
  return { type: "sections", reconnect, sections: [...sections] };
}

export function liveByeMessage(reason: LiveByeReason): LiveMessage {
  return { type: "bye", reason, reconnect };
}
