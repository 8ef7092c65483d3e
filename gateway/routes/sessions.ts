import { z } from "zod";
import type { BuyerId } from "../../foundation/ids.ts";
import { defineRoute, noParams, reply } from "../route.ts";
import { idSchema } from "../wire/id.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const sessionSchema = z
  .strictObject({
    token: z.string().meta({ description: "Send it as `Authorization: Bearer TOKEN`." }),
    buyerId: idSchema<BuyerId>("The buyer."),
    email: z.string(),
    guest: z.boolean(),
    endsAt: timeSchema("When the token ends."),
  })
  .meta({ id: "Session" });

export const openSession = defineRoute({
  name: "openSession",
  method: "post",
  path: "/v1/sessions",
  summary: "Open a session: as a guest by e-mail, or with a password of an account.",
  access: "public",
  params: noParams,
  body: z
    .strictObject({
      email: z.email().max(254),
      password: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .meta({ description: "Of an account; a guest has none." }),
    })
    .meta({ id: "SessionRequest", example: { email: "you@example.org" } }),
  idempotent: false,
  answers: { 201: { description: "The session.", json: sessionSchema } },
  refusals: ["credentials_wrong"],
  async handle({ services, body }) {
    const { email, password } = body;
    const opened =
      password === undefined
        ? services.sessions.openGuest(email)
        : await services.sessions.openAccount(email, password);
    if (opened.outcome !== "opened") return { refusal: opened.outcome };
    const { token, buyerId, guest, endsAtMs } = opened;
    return reply(201, { token, buyerId, email: opened.email, guest, endsAt: timeView(endsAtMs) });
  },
});
