import { z } from "zod";
import { classOfLetter } from "../../booking-core/sale/house-pools.ts";
import { seatClasses } from "../../booking-core/seats/seat-bytes.ts";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { actorOf } from "../wire/audit.ts";
import { idSchema } from "../wire/id.ts";
import {
  changesOf,
  markSchema,
  newPoolSchema,
  poolSchema,
  poolsView,
  ruleChangesSchema,
  rulesSchema,
  rulesView,
} from "../wire/sale.ts";

const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });

export const showRules = defineRoute({
  name: "showRules",
  method: "get",
  path: "/v1/admin/events/:eventId/rules",
  summary: "What buyers must keep to at an event, and its house pools.",
  access: "operator",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The rules.", json: rulesSchema } },
  refusals: ["not_found"],
  async handle({ services, params: { eventId } }) {
    const rules = await services.saleControl.rules(eventId);
    return rules === undefined ? { refusal: "not_found" } : reply(200, rulesView(rules));
  },
});

export const changeRules = defineRoute({
  name: "changeRules",
  method: "patch",
  path: "/v1/admin/events/:eventId/rules",
  summary: "Change the rules; it takes effect within two seconds, and is written down with who did it.",
  access: "operator",
  params,
  body: ruleChangesSchema,
  idempotent: false,
  answers: { 200: { description: "The rules as they are now.", json: rulesSchema } },
  refusals: ["not_found"],
  async handle({ services, params: { eventId }, body, buyer }) {
    const rules = await services.saleControl.changeRules(actorOf(buyer), eventId, changesOf(body));
    return rules === undefined ? { refusal: "not_found" } : reply(200, rulesView(rules));
  },
});

const poolsShape = z.strictObject({ pools: z.array(poolSchema) });

export const setPool = defineRoute({
  name: "setPool",
  method: "post",
  path: "/v1/admin/events/:eventId/pools",
  summary: "Make a pool of house seats with its code, or give the pool of this letter a new one.",
  access: "operator",
  params,
  body: newPoolSchema,
  idempotent: false,
  answers: {
    201: { description: "Made; the pools of the event.", json: poolsShape },
    200: { description: "There was one of this letter, and this is its code now.", json: poolsShape },
  },
  refusals: ["not_found", "pool_code_used"],
  async handle({ services, params: { eventId }, body, buyer }) {
    const set = await services.saleControl.setPool(actorOf(buyer), eventId, body);
    if (set.outcome !== "set") return { refusal: set.outcome };
    return reply(set.fresh ? 201 : 200, { pools: poolsView(set.pools) });
  },
});

export const markSeats = defineRoute({
  name: "markSeats",
  method: "patch",
  path: "/v1/admin/events/:eventId/sections/:sectionId/seats",
  summary: "Say what seats are for: block them, keep them, give them free. Who has one keeps it.",
  access: "operator",
  params: params.extend({ sectionId: idSchema<SectionId>("The section.") }),
  body: markSchema,
  idempotent: false,
  answers: {
    200: { description: "All of them are so now.", json: z.strictObject({ marked: z.int().positive() }) },
  },
  refusals: ["not_found", "seats_unknown", "pool_unknown"],
  async handle({ services, params: { eventId, sectionId }, body, buyer }) {
    const { seatNumbers, to, pool } = body;
    const seatClass = to === "house" ? classOfLetter(pool ?? "") : seatClasses[to];
    const seats = { eventId, sectionId, seatNumbers };
    const outcome = await services.saleControl.markSeats(actorOf(buyer), seats, seatClass);
    if (outcome.outcome === "marked") return reply(200, { marked: outcome.marked });
    const { outcome: refusal, ...more } = outcome;
    return { refusal, ...more };
  },
});
