import { z } from "zod";
import type { RefundOutcome } from "../../booking-core/refunds/refund-tickets.ts";
import type { BookingId } from "../../foundation/ids.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { actorOf } from "../wire/audit.ts";
import { idSchema } from "../wire/id.ts";
import { whySchema } from "../wire/line.ts";
import { moneySchema, moneyView } from "../wire/money.ts";
import type { Refusal } from "../wire/problem.ts";
import { positionsSchema, refundSchema, refundToSchema, refundView } from "../wire/refund.ts";

const params = z.strictObject({ bookingId: idSchema<BookingId>("The booking.") });

const refusals = [
  "not_found",
  "booking_not_refundable",
  "refund_not_allowed",
  "seats_not_booked",
  "ticket_used",
  "wallet_unavailable",
] as const;

const answers = {
  201: { description: "The tickets are void, and the money is on its way.", json: refundSchema },
  200: { description: "This key asked for it before.", json: refundSchema },
};

export const refundOwnTickets = defineRoute({
  name: "refundOwnTickets",
  method: "post",
  path: "/v1/bookings/:bookingId/refunds",
  summary: "Give tickets back, as the event's refund policy allows. They are void at once.",
  access: "buyer",
  params,
  body: z
    .strictObject({ positions: positionsSchema.optional(), to: refundToSchema.optional() })
    .meta({ id: "RefundRequest" }),
  idempotent: true,
  answers,
  refusals: [...refusals, "idempotency_key_reused"],
  async handle({ services, params: { bookingId }, body, headers, buyer: { buyerId, verified } }) {
    if (body.to === "wallet" && !verified) return { refusal: "wallet_unavailable" };
    const ask = { bookingId, positions: body.positions ?? null, to: body.to ?? "provider" } as const;
    return answerOf(await services.refunds.askedByBuyer(buyerId, ask, headers.idempotencyKey as string));
  },
});

export const quoteRefund = defineRoute({
  name: "quoteRefund",
  method: "post",
  path: "/v1/bookings/:bookingId/refunds/quote",
  summary: "What would come back at this moment. Nothing changes.",
  access: "buyer",
  params,
  body: z
    .strictObject({ positions: positionsSchema.optional(), to: refundToSchema.optional() })
    .meta({ id: "RefundQuoteRequest" }),
  idempotent: false,
  answers: {
    200: {
      description: "What would come back.",
      json: z
        .strictObject({
          positions: z.array(z.int()),
          provider: moneySchema.meta({ description: "The way it came." }),
          wallet: moneySchema.meta({ description: "Into the wallet." }),
        })
        .meta({ id: "RefundQuote" }),
    },
  },
  refusals,
  async handle({ services, params: { bookingId }, body, buyer: { buyerId, verified } }) {
    if (body.to === "wallet" && !verified) return { refusal: "wallet_unavailable" };
    const ask = { bookingId, positions: body.positions ?? null, to: body.to ?? "provider" } as const;
    const quote = await services.refunds.quote(buyerId, ask);
    if (quote.outcome !== "quoted") return { refusal: quote.outcome };
    const { positions, provider, wallet } = quote;
    return reply(200, {
      positions: [...positions],
      provider: moneyView(provider),
      wallet: moneyView(wallet),
    });
  },
});

export const listRefunds = defineRoute({
  name: "listRefunds",
  method: "get",
  path: "/v1/bookings/:bookingId/refunds",
  summary: "What was given back of a booking, the oldest first.",
  access: "buyer",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The refunds.", json: z.strictObject({ refunds: z.array(refundSchema) }) } },
  refusals: ["not_found"],
  async handle({ services, params: { bookingId }, buyer: { buyerId } }) {
    const refunds = await services.refunds.list(buyerId, bookingId);
    return refunds === undefined
      ? { refusal: "not_found" }
      : reply(200, { refunds: refunds.map(refundView) });
  },
});

export const refundTicketsOf = defineRoute({
  name: "refundTicketsOf",
  method: "post",
  path: "/v1/admin/bookings/:bookingId/refunds",
  summary:
    "Give tickets of a buyer back in full, the way the money came, whatever the policy says; it is written down with who did it and why.",
  access: "operator",
  params,
  body: z
    .strictObject({
      positions: positionsSchema.optional(),
      why: whySchema,
    })
    .meta({ id: "OrganiserRefundRequest" }),
  idempotent: true,
  answers,
  refusals: ["not_found", "booking_not_refundable", "seats_not_booked", "idempotency_key_reused"],
  async handle({ services, params: { bookingId }, body, headers, buyer }) {
    const ask = { bookingId, positions: body.positions ?? null };
    const key = headers.idempotencyKey as string;
    return answerOf(await services.refunds.byOrganiser(actorOf(buyer), ask, key, body.why));
  },
});

function answerOf(outcome: RefundOutcome) {
  if (outcome.outcome !== "refunded") return { refusal: outcome.outcome } satisfies Refusal;
  return reply(outcome.fresh ? 201 : 200, refundView(outcome.refund));
}
