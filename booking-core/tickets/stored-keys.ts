import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { inTransaction, type Pool, type Sql } from "../../foundation/postgres/pool.ts";
import type { KeySeal } from "./key-seal.ts";

export type StoredKey = {
  readonly id: number;
  /** 32 bytes, as RFC 8032 writes it. */
  readonly publicBytes: Buffer;
  readonly publicKey: KeyObject;
  readonly sealed: Buffer;
  readonly createdAtMs: number;
  /** Signs nothing from then on. */
  readonly retiredAtMs: number | null;
  /** Until when its codes are good; null while it signs. */
  readonly endsAtMs: number | null;
};

type KeyRow = {
  id: number;
  public_key: Buffer;
  sealed_private_key: Buffer;
  created_at: Date;
  retired_at: Date | null;
  ends_at: Date | null;
};

/** The oldest first. */
export async function readKeys(sql: Sql): Promise<StoredKey[]> {
  const { rows } = await sql.query<KeyRow>("select * from ticket_keys order by id");
  return rows.map((row) => ({
    id: row.id,
    publicBytes: row.public_key,
    publicKey: publicKeyOf(row.public_key),
    sealed: row.sealed_private_key,
    createdAtMs: row.created_at.getTime(),
    retiredAtMs: row.retired_at?.getTime() ?? null,
    endsAtMs: row.ends_at?.getTime() ?? null,
  }));
}

/** Of processes that race for it, one makes it. */
export function makeFirstKey(pool: Pool, seal: KeySeal): Promise<void> {
  return inTransaction(pool, async (sql) => {
    await lockKeys(sql);
    const found = await sql.query("select from ticket_keys limit 1");
    if (found.rowCount === 0) await insertKey(sql, seal, 1);
  });
}

export type Rotated =
  | { readonly outcome: "rotated"; readonly keyId: number }
  | { readonly outcome: "keys_used_up" };

/**
 * A new key signs from now on. What the former signed is good until a day after the last event that is known now, or
 * no more where `isKnownToOthers`.
 */
export function rotateKeys(pool: Pool, seal: KeySeal, isKnownToOthers: boolean): Promise<Rotated> {
  return inTransaction(pool, async (sql): Promise<Rotated> => {
    await lockKeys(sql);
    const last = await sql.query<{ id: number }>("select coalesce(max(id), 0)::int as id from ticket_keys");
    const keyId = (last.rows[0]?.id ?? 0) + 1;
    if (keyId > keysMost) return { outcome: "keys_used_up" };
    await sql.query(
      `update ticket_keys set retired_at = coalesce(retired_at, now()), ends_at = case when $1 then now()
         else greatest(now(), (select max(starts_at) from events)) + interval '1 day' end
        where retired_at is null or ($1 and ends_at > now())`,
      [isKnownToOthers],
    );
    await insertKey(sql, seal, keyId);
    return { outcome: "rotated", keyId };
  });
}

/** A key's id is one byte of the code. */
const keysMost = 255;

/** Those who only read do not wait. */
async function lockKeys(sql: Sql): Promise<void> {
  await sql.query("lock table ticket_keys in exclusive mode");
}

async function insertKey(sql: Sql, seal: KeySeal, id: number): Promise<void> {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const publicBytes = Buffer.from(jwk.x ?? "", "base64url");
  const sealed = seal.close(Buffer.from(jwk.d ?? "", "base64url"), boundTo(id, publicBytes));
  await sql.query("insert into ticket_keys (id, public_key, sealed_private_key) values ($1, $2, $3)", [
    id,
    publicBytes,
    sealed,
  ]);
}

/** Nothing where it was sealed under another secret. */
export function openPrivateKey({ id, publicBytes, sealed }: StoredKey, seal: KeySeal): KeyObject | undefined {
  const content = seal.open(sealed, boundTo(id, publicBytes));
  if (content === undefined) return undefined;
  const jwk = { ...jwkOf(publicBytes), d: content.toString("base64url") };
  return createPrivateKey({ key: jwk, format: "jwk" });
}

function publicKeyOf(publicBytes: Buffer): KeyObject {
  return createPublicKey({ key: jwkOf(publicBytes), format: "jwk" });
}

function jwkOf(publicBytes: Buffer) {
  return { kty: "OKP", crv: "Ed25519", x: publicBytes.toString("base64url") };
}

function boundTo(id: number, publicBytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([id]), publicBytes]);
}
