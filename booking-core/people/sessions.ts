import { createHash } from "node:crypto";
import type { Clock } from "../../foundation/clock.ts";
import type { BuyerId, IdSource } from "../../foundation/ids.ts";
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
  openAccount(email: string, password: string): Promise<Session | { readonly outcome: "credentials_wrong" }>;
};

const sessionMs = 12 * 60 * 60_000;

/**
 * Nobody has checked that a guest's address is the guest's: so each guest session is a buyer of its own, who
 * sees nothing of what another session booked with that address. Its `identity` in a room is the address all
 * the same: one place an address.
 */
export function createSessions(parts: { pool: Pool; tokens: Tokens; clock: Clock; ids: IdSource }): Sessions {
  const { pool, tokens, clock, ids } = parts;

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
      const address = normalise(email);
      const found = await pool.query<{ id: BuyerId; password_hash: string }>(
        "select id, password_hash from people where email = $1",
        [address],
      );
      const [person] = found.rows;
      // Also without a person, so that the time of an answer does not tell which addresses have accounts.
      const isRight = await isPassword(password, person?.password_hash);
      if (person === undefined || !isRight) return { outcome: "credentials_wrong" };
      return open(person.id, `account-${person.id}`, address, false);
    },
  };
}

function normalise(email: string): string {
  return email.trim().toLowerCase();
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
