import { loadConfig } from "../../foundation/config.ts";
import { type BuyerId, type EventId, identityFrom, uuidSource } from "../../foundation/ids.ts";
import type { Redis } from "../../foundation/redis/connect.ts";
import { createTokens, type Tokens } from "../../foundation/tokens.ts";
import { createRooms } from "../../queue-admission/rooms.ts";
import type { Handshake } from "./handshake.ts";

const joinsAtOnce = 2_000;
const tokenMs = 3_600_000;

/** So many buyers join; gives what each opens its socket with, the first number first. */
export async function joinPlaces(redis: Redis, eventId: EventId, count: number): Promise<Handshake[]> {
  const tokens = createTokens(loadConfig({}).TOKEN_SECRET);
  const rooms = createRooms({ redis, clock: Date, tokens });
  const handshakes: Handshake[] = [];
  for (let joined = 0; joined < count; joined += joinsAtOnce) {
    const buyers = Array.from({ length: Math.min(joinsAtOnce, count - joined) }, newBuyer);
    const answers = await Promise.all(buyers.map((buyer) => rooms.join(eventId, buyer)));
    for (const [index, answer] of answers.entries()) {
      const buyer = buyers[index];
      if (buyer === undefined || answer.outcome !== "joined" || answer.standing.outcome !== "waiting")
        throw new Error(`a join ended with ${JSON.stringify(answer)}`);
      const { number } = answer.standing;
      handshakes[number - 1] = handshakeOf(eventId, tokenOf(tokens, buyer), answer.receipt, number);
    }
  }
  return handshakes;
}

function newBuyer() {
  const buyerId = uuidSource.next<BuyerId>();
  return { buyerId, identity: identityFrom("guest", buyerId) };
}

function tokenOf(tokens: Tokens, { buyerId, identity }: ReturnType<typeof newBuyer>): string {
  const email = `${buyerId}@onsale.example`;
  const buyer = { buyerId, identity, email, guest: true, verified: false, role: "buyer" } as const;
  return tokens.sign("buyer", buyer, Date.now() + tokenMs);
}

function handshakeOf(eventId: EventId, token: string, receipt: string, number: number): Handshake {
  return {
    path: `/v1/events/${eventId}/room`,
    headers: { "Sec-WebSocket-Protocol": `onsale.v1, bearer.${token}, receipt.${receipt}` },
    number,
  };
}
