import { z } from "zod";
import type { BuyerId } from "../../foundation/ids.ts";
import { type Call, defineRoute, noParams, reply } from "../route.ts";
import { emailSchema } from "../wire/email.ts";
import { idSchema } from "../wire/id.ts";
import { timeSchema, timeView } from "../wire/time.ts";

const sessionSchema = z
  .strictObject({
    token: z.string().meta({ description: "Send it as `Authorization: Bearer TOKEN`." }),
    buyerId: idSchema<BuyerId>("The buyer."),
    email: z.string(),
    guest: z.boolean(),
    verified: z.boolean().meta({ description: "An account, or an address whose owner answered." }),
    endsAt: timeSchema("When the token ends."),
  })
  .meta({ id: "Session" });

const requestSchema = z
  .strictObject({
    email: emailSchema,
    password: z.string().min(1).max(200).optional().meta({ description: "Of an account; a guest has none." }),
    code: z
      .string()
      .regex(/^\d{8}$/, "must be the 8 digits of the e-mail")
      .optional()
      .meta({ description: "That was sent to the address: see `/v1/email-codes`." }),
  })
  .refine(({ password, code }) => password === undefined || code === undefined, {
    message: "a password or a code, not both",
    path: ["code"],
  })
  .meta({ id: "SessionRequest", example: { email: "you@example.org" } });

export const openSession = defineRoute({
  name: "openSession",
  method: "post",
  path: "/v1/sessions",
  summary:
    "Open a session: as a guest by e-mail, with a code that was sent there, or with a password of an account. With a `DPoP` header the session is bound to its key.",
  access: "public",
  limitedBy: "sessions",
  asksForDevice: true,
  params: noParams,
  body: requestSchema,
  idempotent: false,
  answers: { 201: { description: "The session.", json: sessionSchema } },
  refusals: ["credentials_wrong", "device_proof_wrong"],
  async handle(call) {
    const tooOften = guessesProblem(call);
    if (tooOften !== undefined) return tooOften;
    const opened = await open(call);
    if (opened.outcome === "code_wrong") return { refusal: "credentials_wrong" };
    if (opened.outcome === "tries_used") return { refusal: "too_many_requests", retryAfterSeconds: 600 };
    if (opened.outcome !== "opened") return { refusal: opened.outcome };
    const { token, buyerId, guest, verified, endsAtMs } = opened;
    return reply(201, { token, buyerId, email: opened.email, guest, verified, endsAt: timeView(endsAtMs) });
  },
});

type SessionCall = Call<unknown, z.output<typeof requestSchema>, "public">;

function guessesProblem({ guards, body, address }: SessionCall) {
  const isGuess = body.password !== undefined || body.code !== undefined;
  return isGuess ? guards.take("guesses", address()) : undefined;
}

async function open({ services, body: { email, password, code }, jkt }: SessionCall) {
  if (password !== undefined) return services.sessions.openAccount(email, password, jkt);
  if (code !== undefined) return services.sessions.openVerified(email, code, jkt);
  return services.sessions.openGuest(email, jkt);
}

export const requestEmailCode = defineRoute({
  name: "requestEmailCode",
  method: "post",
  path: "/v1/email-codes",
  summary: "Send a code to an address, to show that it is yours.",
  access: "public",
  limitedBy: "guesses",
  params: noParams,
  body: z.strictObject({ email: emailSchema }).meta({ id: "EmailCodeRequest" }),
  idempotent: false,
  answers: {
    202: {
      description:
        "The code is on its way; it is good for ten minutes, and opens a session on each of the own devices.",
      json: null,
    },
  },
  refusals: [],
  async handle({ services, body }) {
    await services.sessions.requestCode(body.email);
    return reply(202, undefined);
  },
});
