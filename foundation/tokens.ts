import { createSecretKey } from "node:crypto";
import jwt from "jsonwebtoken";
import type { BuyerId, EventId } from "./ids.ts";

/** What a signed token says. The audience keeps the kinds apart: a receipt is never taken for a pass. */
export type TokenClaims = {
  /** Who: `buyerId` acts; `identity` is what may have one place in a room (an account, or a guest's e-mail, hashed). */
  buyer: { buyerId: BuyerId; identity: string; email: string; guest: boolean };
  pass: { eventId: EventId; buyerId: BuyerId; identity: string };
  receipt: { eventId: EventId; identity: string; number: number; joinedAtMs: number };
};

export type TokenKind = keyof TokenClaims;

export type Tokens = {
  sign<Kind extends TokenKind>(kind: Kind, claims: TokenClaims[Kind], endsAtMs: number): string;
  /** The claims, or nothing where the token is forged, of another kind, or has ended. */
  verify<Kind extends TokenKind>(kind: Kind, token: string): TokenClaims[Kind] | undefined;
};

/** The one algorithm that is signed with and accepted. */
const algorithm = "HS256";
const issuer = "onsale";

export function createTokens(secret: string): Tokens {
  // As a key object: jsonwebtoken tries a string as a public key first, which throws; without that, a booking's
  // two checks cost the gateway half (240 to 119 µs of CPU for the whole request, seen in one run each).
  const key = createSecretKey(secret, "utf8");
  return {
    sign: (kind, claims, endsAtMs) =>
      jwt.sign({ ...claims, exp: Math.floor(endsAtMs / 1000) }, key, {
        algorithm,
        issuer,
        audience: kind,
      }),
    verify: <Kind extends TokenKind>(kind: Kind, token: string) => {
      try {
        return jwt.verify(token, key, {
          algorithms: [algorithm],
          issuer,
          audience: kind,
        }) as unknown as TokenClaims[Kind];
      } catch (error) {
        if (error instanceof jwt.JsonWebTokenError) return undefined;
        throw error;
      }
    },
  };
}
