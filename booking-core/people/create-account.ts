import type { BuyerId, IdSource } from "../../foundation/ids.ts";
import type { Sql } from "../../foundation/postgres/pool.ts";
import { normaliseAddress } from "./email-address.ts";
import { hashPassword } from "./password.ts";

export const roles = ["buyer", "organiser", "admin"] as const;
export type Role = (typeof roles)[number];

export type NewAccount = {
  readonly email: string;
  readonly password: string;
  readonly role: Role;
};

/** False where the address has an account already: that one stays as it is. */
export async function createAccount(sql: Sql, ids: IdSource, account: NewAccount): Promise<boolean> {
  const inserted = await sql.query(
    "insert into people (id, email, password_hash, role) values ($1, $2, $3, $4) on conflict (email) do nothing",
    [
      ids.next<BuyerId>(),
      normaliseAddress(account.email),
      await hashPassword(account.password),
      account.role,
    ],
  );
  return inserted.rowCount === 1;
}
