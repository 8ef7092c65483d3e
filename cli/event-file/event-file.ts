import { z } from "zod";
import { isCurrency } from "../../foundation/currencies.ts";
import { limits } from "../../foundation/limits.ts";
import { wholeBasisPoints } from "../../foundation/money-shares.ts";
import { lineSchema } from "../../gateway/wire/line.ts";
import { roomChangesWire } from "../../gateway/wire/room.ts";
import { newPoolSchema, rulesSchema } from "../../gateway/wire/sale.ts";
import { givenTimeSchema } from "../../gateway/wire/time.ts";

const { booking, section, price } = limits;

const name = lineSchema(100);
const printed = lineSchema(20);
/** How many decimals it may have is for its currency to say. */
const amount = z.string('must be a text, such as "45.00"');

const chargeSchema = z
  .strictObject({
    name,
    kind: z.enum(["fee", "tax"]),
    included: z.boolean(),
    fixed: amount.exactOptional(),
    basisPoints: z.int().min(1).max(wholeBasisPoints).exactOptional(),
  })
  .refine(({ fixed, basisPoints }) => (fixed === undefined) !== (basisPoints === undefined), {
    message: "must have either `fixed` or `basisPoints`",
  });
const chargesSchema = z.array(chargeSchema).max(price.charges);

const salesSchema = z.strictObject({
  from: givenTimeSchema("When the sale begins.").exactOptional(),
  until: givenTimeSchema("When the sale ends.").exactOptional(),
});

const offerSchema = z.strictObject({
  category: name,
  face: amount,
  charges: chargesSchema.exactOptional(),
  maxPerBooking: z.int().min(1).max(booking.seatsPerBooking).default(booking.seatsPerBooking),
  sales: salesSchema.exactOptional(),
});
const offersSchema = z.array(offerSchema).min(1).max(section.segments);

const rowSchema = z.strictObject({
  label: printed,
  seats: z.union(
    [z.int().min(1).max(section.blockSeats), z.string()],
    `must be a count from 1 to ${section.blockSeats}, or a drawing such as "oooo_oooo"`,
  ),
  category: name.exactOptional(),
  rank: z.int().min(0).max(255).exactOptional(),
  centre: z.number().min(0).exactOptional(),
  names: z
    .union(
      [z.strictObject({ first: z.int(), step: z.int() }), z.array(printed)],
      'must be { "first": 1, "step": 2 }, or a list with a name a seat',
    )
    .exactOptional(),
});

const sectionSchema = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      name,
      kind: z.literal("seated"),
      rows: z.array(rowSchema).min(1).max(section.blocks),
      offers: offersSchema,
    }),
    z.strictObject({ name, kind: z.literal("standing"), capacity: z.int(), offers: offersSchema }),
  ],
  {
    error: ({ code }) => (code === "invalid_union" ? 'must be "seated" or "standing"' : undefined),
  },
);

/** Venue, seating plan and event in one: what `onsale event create` reads. What operators set later has the same names there. */
export const eventFileSchema = z.strictObject({
  venue: z.strictObject({ name, city: name }),
  seatingPlan: name,
  title: lineSchema(200),
  description: lineSchema(2_000).default(""),
  startsAt: givenTimeSchema("When the event begins."),
  currency: z.string().refine(isCurrency, 'must be a currency of ISO 4217, such as "EUR"'),
  paymentWindowSeconds: z
    .int()
    .min(booking.paymentWindowMinMs / 1_000)
    .max(booking.paymentWindowMaxMs / 1_000)
    .default(900),
  sales: salesSchema.default({}),
  charges: chargesSchema.default([]),
  rules: rulesSchema.omit({ pools: true }).partial().default({}),
  pools: z.array(newPoolSchema).default([]),
  room: roomChangesWire.default({}),
  sections: z.array(sectionSchema).min(1),
});

export type EventFile = z.output<typeof eventFileSchema>;
export type FileSection = EventFile["sections"][number];
export type FileOffer = FileSection["offers"][number];
export type FileCharge = EventFile["charges"][number];
export type FileSales = EventFile["sales"];
