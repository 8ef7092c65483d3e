import type { OnsaleEvent, Section } from "../events/event.ts";
import type { BestAvailable, BookRefusal } from "./book-request.ts";
import type { PlannedWish, WishContext } from "./planned-wish.ts";

type Plan = PlannedWish | BookRefusal;
type Planner = (context: WishContext, sections: readonly Section[], wish: BestAvailable) => Plan;
type Known = { readonly plan: Plan; readonly untilMs: number };

/** Plans are kept for as long as the event is as it was read; past so many different wishes they are made anew. */
const plansOfEvent = 500;
const known = new WeakMap<OnsaleEvent, Map<string, Known>>();

/**
 * What a wish for any section means. It is the same for everybody who wishes the same, until the next sale begins
 * or ends; made once, it costs a request nothing that grows with the sections of the event.
 */
export function planAny(context: WishContext, wish: BestAvailable, planAmong: Planner): Plan {
  const { event, pool, total, nowMs } = context;
  const plans = known.get(event) ?? new Map<string, Known>();
  known.set(event, plans);
  const key = JSON.stringify([wish, pool?.seatClass, total]);
  const last = plans.get(key);
  if (last !== undefined && nowMs < last.untilMs) return last.plan;
  if (plans.size >= plansOfEvent) plans.clear();
  const plan = planAmong(context, event.sections, wish);
  plans.set(key, { plan, untilMs: nextChangeMs(event, nowMs) });
  return plan;
}

function nextChangeMs({ sections }: OnsaleEvent, nowMs: number): number {
  const times = sections.flatMap(({ offers }) =>
    offers.flatMap(({ salesFromMs, salesUntilMs }) => [salesFromMs, salesUntilMs]),
  );
  return times.reduce((next, time) => (time > nowMs && time < next ? time : next), Number.POSITIVE_INFINITY);
}
