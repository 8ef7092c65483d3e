import { loadConfig } from "../../foundation/config.ts";
import { type BuyerId, type EventId, identityFrom, uuidSource } from "../../foundation/ids.ts";
import { createTokens } from "../../foundation/tokens.ts";

/** What a request of this buyer carries besides its key. */
export type BuyerHeaders = { readonly authorization: string; readonly "onsale-pass": string };

const tokens = createTokens(loadConfig({}).TOKEN_SECRET);
const tokenMs = 3_600_000;

/** Signed beforehand, as if each had taken up a turn: the generator shares the cores with what it measures. */
export function signedBuyers(eventId: EventId, count: number): BuyerHeaders[] {
  const endsAtMs = Date.now() + tokenMs;
  return Array.from({ length: count }, (_, index) => signedBuyer(eventId, index + 1, endsAtMs));
}

function signedBuyer(eventId: EventId, number: number, endsAtMs: number): BuyerHeaders {
  const buyerId = uuidSource.next<BuyerId>();
  const identity = identityFrom("guest", buyerId);
  const email = `${buyerId}@onsale.example`;
  const buyer = { buyerId, identity, email, guest: true, verified: false, role: "buyer" } as const;
  const place = { lane: "general", entry: number, number, joinedAtMs: 0 };
  const pass = { eventId, buyerId, identity, passNumber: number, incarnation: 1, place };
  return {
    authorization: `Bearer ${tokens.sign("buyer", buyer, endsAtMs)}`,
    "onsale-pass": tokens.sign("pass", pass, endsAtMs),
  };
}
