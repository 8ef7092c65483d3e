import { hash } from "node:crypto";
import type { OnsaleEvent } from "../../booking-core/events/event.ts";
import type { EventId } from "../../foundation/ids.ts";
import { type SharedText, shareText } from "../http/shared-text.ts";
import { planView } from "../wire/plan.ts";

/** The plan of an event as text, made anew only where the event was read anew. */
export type PlanSheets = { of(event: OnsaleEvent): SharedText };

export function createPlanSheets({ sheets: most }: { readonly sheets: number }): PlanSheets {
  const plans = new Map<EventId, { readonly event: OnsaleEvent; readonly text: SharedText }>();
  return {
    of(event) {
      const known = plans.get(event.id);
      if (known?.event === event) return known.text;
      const made = makePlan(event);
      // With it go the encodings that were made already.
      const text = known?.text.etag === made.etag ? known.text : made;
      plans.delete(event.id);
      plans.set(event.id, { event, text });
      const oldest = plans.size > most ? plans.keys().next().value : undefined;
      if (oldest !== undefined) plans.delete(oldest);
      return text;
    },
  };
}

function makePlan(event: OnsaleEvent): SharedText {
  const text = JSON.stringify(planView(event));
  return shareText(`W/"${hash("sha1", text, "base64url")}"`, text);
}
