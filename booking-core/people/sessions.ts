import type { Clock } from "../../foundation/clock.ts";
import { type BuyerId, type IdSource, identityFrom, uuidFromParts } from "../../foundation/ids.ts";
import { limits } from "../../foundation/limits.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import type { TokenClaims, Tokens } from "../../foundation/tokens.ts";
import type { Role } from "./create-account.ts";
import { normaliseAddress } from "./email-address.ts";
import type { EmailCodes } from "./email-codes.ts";
import { isPassword } from "./password.ts";

export type Session = {
  readonly outcome: "opened";
  readonly token: string;
  readonly buyerId: BuyerId;
  readonly email: string;
  readonly guest: boolean;
  readonly verified: boolean;
  readonly role: Role;
  readonly endsAtMs: number;
};

/** `jkt` is the thumbprint of the device's key: the session is then worth nothing without it. */
export type Sessions = {
  /** Costs no row: a guest is a signed token. */
  openGuest(email: string, jkt?: string): Session;
  openAccount(
    email: string,
    password: string,
    jkt?: string,
  ): Promise<Session | { readonly outcome: "credentials_wrong" | "busy" }>;
  /** Sends a code to the address, at most once a minute. */
  requestCode(email: string): Promise<void>;
  openVerified(
    email: string,
    code: string,
    jkt?: string,
  ): Promise<Session | { readonly outcome: "code_wrong" | "tries_used" }>;
};

export type SessionParts = {
  readonly pool: Pool;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly emailCodes: EmailCodes;
};

type Who = Omit<TokenClaims["buyer"], "cnf">;

const sessionMs = 12 * 60 * 60_000;

/**
 * Nobody has checked that a guest's address is the guest's: so each guest session is a buyer of its own with an
 * identity of its own. It sees nothing of what another session booked with that address, and nobody can take the
 * place in a room of an address that is not theirs. Who answers the code of an address is one buyer on all devices.
 */
export function createSessions(parts: SessionParts): Sessions {
  const { pool, ids, emailCodes } = parts;
  let checking = 0;
  return {
    openGuest: (email, jkt) => open(parts, guest(ids.next<BuyerId>(), normaliseAddress(email)), jkt),
    async openAccount(email, password, jkt) {
      if (checking >= limits.people.passwordChecksAtOnce) return { outcome: "busy" };
      checking += 1;
      try {
        const person = await personWith(pool, normaliseAddress(email), password);
        return person === undefined ? { outcome: "credentials_wrong" } : open(parts, person, jkt);
      } finally {
        checking -= 1;
      }
    },
    requestCode: (email) => emailCodes.request(normaliseAddress(email)),
    async openVerified(email, code, jkt) {
      const address = normaliseAddress(email);
      const checked = await emailCodes.check(address, code);
      if (checked === "tries_used") return { outcome: "tries_used" };
      return checked === "wrong" ? { outcome: "code_wrong" } : open(parts, owner(parts, address), jkt);
    },
  };
}

function open({ tokens, clock }: SessionParts, who: Who, jkt: string | undefined): Session {
  const endsAtMs = clock.now() + sessionMs;
  const claims = jkt === undefined ? who : { ...who, cnf: { jkt } };
  const { buyerId, email, verified, role } = who;
  const token = tokens.sign("buyer", claims, endsAtMs);
  return { outcome: "opened", token, buyerId, email, guest: who.guest, verified, role, endsAtMs };
}

function guest(buyerId: BuyerId, email: string): Who {
  const identity = identityFrom("guest", buyerId);
  return { buyerId, identity, email, guest: true, verified: false, role: "buyer" };
}

function owner({ tokens }: SessionParts, email: string): Who {
  const buyerId = uuidFromParts("email", email) as BuyerId;
  const identity = tokens.identityOf(email);
  return { buyerId, identity, email, guest: true, verified: true, role: "buyer" };
}

async function personWith(pool: Pool, email: string, password: string): Promise<Who | undefined> {
  const found = await pool.query<{ id: BuyerId; role: Role; password_hash: string }>(
    "select id, role, password_hash from people where email = $1",
    [email],
  );
  const [person] = found.rows;
  // Also without a person, so that the time of an answer does not tell which addresses have accounts.
  const isRight = await isPassword(password, person?.password_hash);
  if (!isRight || person === undefined) return undefined;
  const { id: buyerId, role } = person;
  return { buyerId, identity: identityFrom("account", buyerId), email, guest: false, verified: true, role };
}
