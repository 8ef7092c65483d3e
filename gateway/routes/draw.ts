import { z } from "zod";
import type { EventId } from "../../foundation/ids.ts";
import { drawProofSchema, drawRecordSchema } from "../../queue-admission/draw/draw-record.ts";
import { defineRoute, noBody, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";

const params = z.strictObject({ eventId: idSchema<EventId>("The event.") });

export const showDraw = defineRoute({
  name: "showDraw",
  method: "get",
  path: "/v1/events/:eventId/draw",
  summary:
    "The lobby's draw: the commitment from the start; the lists' roots, the seed and all else from the draw on.",
  access: "public",
  limitedBy: "reads",
  params,
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "The draw.", json: drawRecordSchema } },
  refusals: ["not_found"],
  async handle({ services, params: { eventId } }) {
    const draw = await services.draw(eventId);
    return draw === undefined ? { refusal: "not_found" } : reply(200, drawRecordSchema.parse(draw));
  },
});

const laneName = z.string().regex(/^[a-z][a-z0-9-]{0,19}$/);

export const showDrawProof = defineRoute({
  name: "showDrawProof",
  method: "get",
  path: "/v1/events/:eventId/draw/proofs/:lane/:entry",
  summary: "The neighbours of an entrant in the published tree: with them anybody finds the root.",
  access: "public",
  limitedBy: "joins",
  params: params.extend({ lane: laneName, entry: z.string().regex(/^[1-9]\d{0,9}$/) }).strict(),
  body: noBody,
  idempotent: false,
  answers: { 200: { description: "From the leaf up.", json: drawProofSchema } },
  refusals: ["not_found", "draw_missing"],
  async handle({ services, params: { eventId, lane, entry } }) {
    const proof = await services.drawProofs.proof(eventId, lane, Number(entry));
    return typeof proof === "string" ? { refusal: proof } : reply(200, { proof: [...proof] });
  },
});

const checkSchema = z
  .strictObject({
    lane: z.string(),
    entry: z.int(),
    number: z.int().meta({ description: "What the draw gave to this entry." }),
    proof: z.array(z.string()),
    draw: drawRecordSchema,
  })
  .meta({ id: "ReceiptCheck" });

export const checkReceipt = defineRoute({
  name: "checkReceipt",
  method: "post",
  path: "/v1/events/:eventId/draw/checks",
  summary:
    "All that is needed to check a receipt against the draw; `onsale verify-draw` does so on the buyer's side.",
  access: "public",
  limitedBy: "joins",
  params,
  body: z.strictObject({ receipt: z.string().max(2_048) }),
  idempotent: false,
  answers: { 200: { description: "The receipt's entry in the draw.", json: checkSchema } },
  refusals: ["not_found", "draw_missing", "receipt_wrong"],
  async handle({ services, params: { eventId }, body: { receipt } }) {
    const claims = services.tokens.verify("receipt", receipt);
    if (claims === undefined || claims.eventId !== eventId) return { refusal: "receipt_wrong" };
    const draw = await services.draw(eventId);
    if (draw === undefined) return { refusal: "not_found" };
    const { lane, entry } = claims;
    const [proof, number] = await Promise.all([
      services.drawProofs.proof(eventId, lane, entry),
      services.drawProofs.number(eventId, lane, entry),
    ]);
    if (typeof proof === "string") return { refusal: proof };
    if (number === undefined) return { refusal: "draw_missing" };
    return reply(200, { lane, entry, number, proof: [...proof], draw: drawRecordSchema.parse(draw) });
  },
});
