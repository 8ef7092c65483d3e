import { z } from "zod";
import type { HousePool } from "../../booking-core/events/event.ts";
import { letterOfClass } from "../../booking-core/sale/house-pools.ts";
import type { RuleChanges, SaleRules } from "../../booking-core/sale/sale-rules.ts";
import { limits } from "../../foundation/limits.ts";
import { lineSchema } from "./line.ts";
import { refundPolicyOf, refundPolicySchema, refundPolicyView } from "./refund-policy.ts";

const rules = {
  mostPerBuyer: z
    .int()
    .min(1)
    .max(1_000)
    .nullable()
    .meta({ description: "Seats that one identity may have at the event; null: any number." }),
  allowsSingles: z
    .boolean()
    .meta({ description: "Whether a buyer's choice may leave a single seat between others." }),
  extensionSeconds: z
    .int()
    .min(0)
    .max(limits.booking.paymentWindowMaxMs / 1_000)
    .meta({ description: "By how much a buyer may put off a deadline, once; 0: not at all." }),
  refundPolicy: refundPolicySchema
    .nullable()
    .meta({ description: "How buyers may give tickets back; null: not at all." }),
};

const letterSchema = z
  .string()
  .regex(/^[A-T]$/, "must be a letter from A to T")
  .meta({ description: "As in seating plans.", example: "A" });
const poolName = lineSchema(100);

export const poolSchema = z.strictObject({ letter: letterSchema, name: poolName }).meta({ id: "HousePool" });

export const rulesSchema = z
  .strictObject({
    ...rules,
    pools: z.array(poolSchema).meta({ description: "Seats for those who have a code." }),
  })
  .meta({ id: "SaleRules" });

export const ruleChangesSchema = z
  .strictObject(rules)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, "changes nothing")
  .meta({ id: "SaleRulesChanges" });

export const newPoolSchema = z
  .strictObject({
    letter: letterSchema,
    name: poolName,
    code: z
      .string()
      .trim()
      .min(6)
      .max(64)
      .meta({ description: "Opens the seats. Kept as a hash, and shown nowhere again." }),
  })
  .meta({ id: "NewHousePool" });

export const markSchema = z
  .strictObject({
    seatNumbers: z
      .array(
        z
          .int()
          .min(0)
          .max(limits.section.seats - 1),
      )
      .min(1)
      .max(1_000)
      .refine((numbers) => new Set(numbers).size === numbers.length, "names a seat twice"),
    to: z.enum(["ordinary", "accessible", "companion", "blocked", "house"]),
    pool: letterSchema.optional(),
  })
  .refine(({ to, pool }) => (to === "house") === (pool !== undefined), {
    path: ["pool"],
    message: "must be there with `house`, and only then",
  })
  .meta({ id: "SeatMarks" });

export function rulesView(of: SaleRules): z.infer<typeof rulesSchema> {
  return {
    mostPerBuyer: of.mostPerIdentity,
    allowsSingles: of.allowsSingles,
    extensionSeconds: of.extensionMs / 1_000,
    refundPolicy: of.refundPolicy && refundPolicyView(of.refundPolicy),
    pools: poolsView(of.pools),
  };
}

export function poolsView(pools: readonly HousePool[]): z.infer<typeof poolSchema>[] {
  return pools.map(({ seatClass, name }) => ({ letter: letterOfClass(seatClass), name }));
}

export function changesOf(given: z.output<typeof ruleChangesSchema>): RuleChanges {
  const { mostPerBuyer, allowsSingles, extensionSeconds, refundPolicy } = given;
  return {
    ...(mostPerBuyer === undefined ? {} : { mostPerIdentity: mostPerBuyer }),
    ...(allowsSingles === undefined ? {} : { allowsSingles }),
    ...(extensionSeconds === undefined ? {} : { extensionMs: extensionSeconds * 1_000 }),
    ...(refundPolicy === undefined ? {} : { refundPolicy: refundPolicy && refundPolicyOf(refundPolicy) }),
  };
}
