import { z } from "zod";
import type { EventId, PaymentId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { actorOf } from "../wire/audit.ts";
import { cancellationSchema, cancellationView } from "../wire/cancellation.ts";
import { idSchema } from "../wire/id.ts";
import { whySchema } from "../wire/line.ts";
import { refundSchema, refundView } from "../wire/refund.ts";

const ofEvent = z.strictObject({ eventId: idSchema<EventId>("The event.") });

export const cancelEvent = defineRoute({
  name: "cancelEvent",
  method: "post",
  path: "/v1/admin/events/:eventId/cancel",
  summary:
    "The event does not take place: nothing of it is sold any more, its tickets are void, and everybody gets all the money back. There is no way back; it is written down with who did it.",
  access: "operator",
  params: ofEvent,
  body: noBody,
  idempotent: false,
  answers: { 202: { description: "It is cancelled; how far the refunds are.", json: cancellationSchema } },
  refusals: ["not_found"],
  async handle({ services, params: { eventId }, buyer }) {
    const cancellation = await services.cancellations.cancel(actorOf(buyer), eventId);
    return cancellation === undefined ? { refusal: "not_found" } : reply(202, cancellationView(cancellation));
  },
});

export const showCancellation = defineRoute({
  name: "showCancellation",
  method: "get",
  path: "/v1/admin/events/:eventId/cancellation",
  summary: "How far the refunds of a cancelled event are.",
  access: "operator",
  params: ofEvent,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "So far.", json: cancellationSchema } },
  refusals: ["not_found"],
  async handle({ services, params: { eventId } }) {
    const cancellation = await services.cancellations.find(eventId);
    return cancellation === undefined ? { refusal: "not_found" } : reply(200, cancellationView(cancellation));
  },
});

export const refundPayment = defineRoute({
  name: "refundPayment",
  method: "post",
  path: "/v1/admin/payments/:paymentId/refund",
  summary: "Give all that has come of a parked payment back; it is written down with who did it and why.",
  access: "admin",
  params: z.strictObject({ paymentId: idSchema<PaymentId>("A payment that is parked.") }),
  body: z.strictObject({ why: whySchema }).meta({ id: "PaymentRefundRequest" }),
  idempotent: false,
  answers: {
    201: { description: "The money is on its way.", json: refundSchema },
    200: { description: "It was sent back before.", json: refundSchema },
  },
  refusals: ["not_stuck"],
  async handle({ services, params: { paymentId }, body, buyer }) {
    const outcome = await services.refunds.ofParkedPayment(actorOf(buyer), paymentId, body.why);
    if (outcome.outcome !== "refunded") return { refusal: outcome.outcome };
    return reply(outcome.fresh ? 201 : 200, refundView(outcome.refund));
  },
});
