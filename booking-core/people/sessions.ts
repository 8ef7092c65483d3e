import { createHash } from "node:crypto";
import type { Clock } from "../../foundation/clock.ts";
import type { BuyerId, IdSource } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { Tokens } from "../../foundation/tokens.ts";
import { isPassword } from "./password.ts";

export type Session = {
  readonly outcome: "opened";
  readonly token: string;
  readonly buyerId: BuyerId;
  readonly email: string;
  readonly guest: boolean;
  readonly endsAtMs: number;
};

export type Sessions = {
  /** Costs no row: a guest is a signed token. */
  openGuest(email: string): Session;
  openAccount(
    email: string,
    password: string,
  ): Promise<Session | { readonly outcome: "credentials_wrong" | "busy" }>;
};

const sessionMs = 12 * 60 * 60_000;

/**
 * Nobody has checked that a guest's address is the guest's: so each guest session is a buyer of its own, who
 * sees nothing of what another session booked with that address. Its `identity` in a room is the address all
 * the same: one place an address.
 */
export function createSessions(parts: { pool: Pool; tokens: Tokens; clock: Clock; ids: IdSource }): Sessions {
  const { pool, tokens, clock, ids } = parts;

  let checking = 0;

  function open(buyerId: BuyerId, identity: string, email: string, guest: boolean): Session {
    const endsAtMs = clock.now() + sessionMs;
    const token = tokens.sign("buyer", { buyerId, identity, email, guest }, endsAtMs);
    return { outcome: "opened", token, buyerId, email, guest, endsAtMs };
  }

  return {
    openGuest(email) {
      const address = normalise(email);
      return open(ids.next<BuyerId>(), `guest-${hash(address)}`, address, true);
    },
    async openAccount(email, password) {
      if (checking >= limits.people.passwordChecksAtOnce) return { outcome: "busy" };
      checking += 1;
      try {
        const person = await personWith(pool, normalise(email), password);
        if (person === undefined) return { outcome: "credentials_wrong" };
        return open(person, `account-${person}`, normalise(email), false);
      } finally {
        checking -= 1;
      }
    },
  };
}

async function personWith(pool: Pool, address: string, password: string): Promise<BuyerId | undefined> {
  const found = await pool.query<{ id: BuyerId; password_hash: string }>(
    "select id, password_hash from people where email = $1",
    [address],
  );
  const [person] = found.rows;
  // Also without a person, so that the time of an answer does not tell which addresses have accounts.
  const isRight = await isPassword(password, person?.password_hash);
  return isRight ? person?.id : undefined;
}

function normalise(email: string): string {
  return email.trim().toLowerCase();
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
