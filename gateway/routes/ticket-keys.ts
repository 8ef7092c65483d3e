import { z } from "zod";
import { defineRoute, noBody, noParams, reply } from "../route.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const ticketKeySchema = z
  .strictObject({
    id: z.int().min(1).max(255).meta({ description: "As it stands in the code." }),
    publicKey: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .meta({ description: "Ed25519, its 32 bytes in base64url without padding." }),
    createdAt: timeSchema("When it was made."),
    endsAt: timeSchema("Until when its codes are good.").nullable().meta({
      description: "Until when its codes are good; null: it signs now, and no end is known.",
    }),
  })
  .meta({ id: "TicketKey" });

export const listTicketKeys = defineRoute({
  name: "listTicketKeys",
  method: "get",
  path: "/v1/ticket-keys",
  summary: "The public keys by which anybody can tell without us that a ticket's code is ours.",
  access: "public",
  limitedBy: "reads",
  params: noParams,
  body: noBody,
  idempotent: false,
  answers: {
    200: {
      description: "All whose codes are good now.",
      json: z.strictObject({ keys: z.array(ticketKeySchema) }),
    },
  },
  refusals: [],
  async handle({ services }) {
    const keys = await services.ticketKeys.public();
    const views = keys.map(({ id, publicBytes, createdAtMs, endsAtMs }) => ({
      id,
      publicKey: publicBytes.toString("base64url"),
      createdAt: timeView(createdAtMs),
      endsAt: endsAtMs === null ? null : timeView(endsAtMs),
    }));
    return reply(200, { keys: views }, { "Cache-Control": "public, max-age=10" });
  },
});
