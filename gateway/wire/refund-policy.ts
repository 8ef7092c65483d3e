import { z } from "zod";
import type { OnsaleEvent, RefundPolicy } from "../../booking-core/events/event.ts";
import { limits } from "../../foundation/limits.ts";
import { wholeBasisPoints } from "../../foundation/money-shares.ts";
import { timeSchema, timeView } from "./time.ts";

const terms = {
  shareBasisPoints: z.int().min(1).max(wholeBasisPoints).meta({
    description: "What is given back of what was paid, in hundredths of a percent.",
    example: 10_000,
  }),
  feesToo: z.boolean().meta({ description: "Whether the share is also of the fees." }),
};

/** As operators set it. */
export const refundPolicySchema = z
  .strictObject({
    untilSeconds: z
      .int()
      .min(0)
      .max(limits.refundPolicy.untilMostMs / 1_000)
      .meta({ description: "So long before the event begins it ends.", example: 86_400 }),
    ...terms,
    seatsReturn: z.boolean().meta({ description: "Whether the seats are sold again." }),
  })
  .meta({ id: "RefundPolicy" });

/** As buyers see it. */
export const refundTermsSchema = z
  .strictObject({ until: timeSchema("Until when tickets are taken back."), ...terms })
  .meta({ id: "RefundTerms" });

export function refundPolicyView(policy: RefundPolicy): z.infer<typeof refundPolicySchema> {
  const { untilMs, ...others } = policy;
  return { untilSeconds: untilMs / 1_000, ...others };
}

export function refundPolicyOf(given: z.output<typeof refundPolicySchema>): RefundPolicy {
  const { untilSeconds, ...others } = given;
  return { untilMs: untilSeconds * 1_000, ...others };
}

type Refunding = Pick<OnsaleEvent, "refundPolicy" | "startsAtMs">;

export function refundTermsView(event: Refunding): z.infer<typeof refundTermsSchema> | null {
  if (event.refundPolicy === null) return null;
  const { untilMs, shareBasisPoints, feesToo } = event.refundPolicy;
  return { until: timeView(event.startsAtMs - untilMs), shareBasisPoints, feesToo };
}
