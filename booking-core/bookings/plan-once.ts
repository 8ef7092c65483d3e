import type { OnsaleEvent } from "../events/event.ts";
import type { BestAvailable, BookRefusal } from "./book-request.ts";
import type { PlannedWish, WishContext } from "./planned-wish.ts";

type Plan = PlannedWish | BookRefusal;
type Planner = (context: WishContext, wish: BestAvailable) => Plan;
type Known = { readonly plan: Plan; readonly untilMs: number };

/** Plans are kept for as long as the event is as it was read; past so many different wishes they are made anew. */
const plansOfEvent = 5_000;
const known = new WeakMap<OnsaleEvent, Map<string, Known>>();

/**
 * What a wish means. It is the same for everybody who wishes the same, until the next sale begins or ends; made
 * once, a wish for any section costs a request nothing that grows with the sections of the event.
 */
export function planOnce(context: WishContext, wish: BestAvailable, planBest: Planner): Plan {
  const { event, pool, total, nowMs, index } = context;
  const plans = known.get(event) ?? new Map<string, Known>();
  known.set(event, plans);
  const key = JSON.stringify([wish, pool?.seatClass, total, index]);
  const last = plans.get(key);
  if (last !== undefined && nowMs < last.untilMs) return last.plan;
  if (plans.size >= plansOfEvent) plans.clear();
  const plan = planBest(context, wish);
  plans.set(key, { plan, untilMs: nextChangeMs(event, nowMs) });
  return plan;
}

function nextChangeMs({ sections }: OnsaleEvent, nowMs: number): number {
  const times = sections.flatMap(({ offers }) =>
    offers.flatMap(({ salesFromMs, salesUntilMs }) => [salesFromMs, salesUntilMs]),
  );
  return times.reduce((next, time) => (time > nowMs && time < next ? time : next), Number.POSITIVE_INFINITY);
}
