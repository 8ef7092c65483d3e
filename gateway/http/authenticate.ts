import type { Tokens } from "../../foundation/tokens.ts";
import type { Access } from "../route.ts";
import type { Buyer } from "../services.ts";
import type { Refusal } from "../wire/problem.ts";
import type { RequestHeaders } from "./request-headers.ts";

export type Authenticated = { readonly buyer: Buyer | undefined } | Refusal;

type Presented = Pick<RequestHeaders, "authorization" | "pass">;
const nobody: Authenticated = { buyer: undefined };

/** Decides from memory alone who calls; `eventId` is the event whose pass is needed. */
export function authenticate(
  access: Access,
  headers: Presented,
  eventId: string | undefined,
  tokens: Tokens,
  mostChars: number,
): Authenticated {
  if (access === "public" || access === "webhook") return nobody;
  const known = authenticateBuyer(headers.authorization, tokens, mostChars);
  if ("refusal" in known || access === "buyer") return known;
  const refusal = passProblem(headers.pass, known.buyer, eventId, tokens, mostChars);
  return refusal === undefined ? known : { refusal };
}

export function authenticateBuyer(
  authorization: string | undefined,
  tokens: Tokens,
  mostChars: number,
): { readonly buyer: Buyer } | Refusal {
  if (authorization === undefined) return { refusal: "token_missing" };
  const token = /^bearer +([^ ]+)$/i.exec(authorization.slice(0, mostChars + 1))?.[1];
  const buyer = token === undefined || token.length > mostChars ? undefined : tokens.verify("buyer", token);
  return buyer === undefined ? { refusal: "token_invalid" } : { buyer };
}

function passProblem(
  pass: string | undefined,
  buyer: Buyer,
  eventId: string | undefined,
  tokens: Tokens,
  mostChars: number,
): "pass_missing" | "pass_invalid" | undefined {
  if (pass === undefined) return "pass_missing";
  const claims = pass.length > mostChars ? undefined : tokens.verify("pass", pass);
  const good = claims !== undefined && claims.eventId === eventId && claims.buyerId === buyer.buyerId;
  return good ? undefined : "pass_invalid";
}
