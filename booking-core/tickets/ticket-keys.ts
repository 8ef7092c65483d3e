import type { Clock } from "../../foundation/clock.ts";
import { limits } from "../../foundation/limits.ts";
import type { Pool } from "../../foundation/postgres/pool.ts";
import { createKeySeal, type KeySeal } from "./key-seal.ts";
import { makeFirstKey, openPrivateKey, readKeys, type StoredKey } from "./stored-keys.ts";
import { type CheckedCode, checkTicketCode, signTicketCode, type TicketClaims } from "./ticket-code.ts";

export type CodeSigner = (claims: Omit<TicketClaims, "keyId">) => string;

export type TicketKeys = {
  /** With the key that signs now; to be asked anew for each answer. */
  signer(): Promise<CodeSigner>;
  check(code: string): Promise<CheckedCode>;
  /** Those whose codes are good now. */
  public(): Promise<readonly StoredKey[]>;
};

type KeyParts = { readonly pool: Pool; readonly clock: Clock; readonly secret: string };
type Known = { readonly keys: readonly StoredKey[]; readonly readAtMs: number; signer?: CodeSigner };

const { knownMs, askAgainMs } = limits.ticketKeys;

/** Remembers the keys for a moment, so that all processes sign with a new one soon. */
export function createTicketKeys({ pool, clock, secret }: KeyParts): TicketKeys {
  const seal = createKeySeal(secret);
  let reading: Promise<Known> | undefined;
  let last: Known | undefined;
  const read = async (): Promise<Known> => {
    const readAtMs = clock.now();
    last = { keys: await readOrMakeKeys(pool, seal), readAtMs };
    return last;
  };
  const known = (mostMs: number): Known | Promise<Known> => {
    if (last !== undefined && clock.now() - last.readAtMs < mostMs) return last;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const isGood = ({ endsAtMs }: StoredKey) => endsAtMs === null || clock.now() < endsAtMs;
  const checkWith = ({ keys }: Known, code: string) =>
    checkTicketCode(code, (keyId) => keys.find((key) => key.id === keyId && isGood(key))?.publicKey);
  return {
    async signer() {
      const now = await known(knownMs);
      return (now.signer ??= signerOf(now.keys, seal));
    },
    async check(code) {
      const checked = checkWith(await known(knownMs), code);
      // Another process may have signed it with a key that is newer than what this one knows.
      return checked.outcome === "key_unknown" ? checkWith(await known(askAgainMs), code) : checked;
    },
    public: async () => (await known(knownMs)).keys.filter(isGood),
  };
}

async function readOrMakeKeys(pool: Pool, seal: KeySeal): Promise<StoredKey[]> {
  const found = await readKeys(pool);
  if (found.length > 0) return found;
  await makeFirstKey(pool, seal);
  return readKeys(pool);
}

function signerOf(keys: readonly StoredKey[], seal: KeySeal): CodeSigner {
  const key = keys.findLast(({ retiredAtMs }) => retiredAtMs === null);
  if (key === undefined) throw new Error("no ticket key signs: run `onsale ticket-keys rotate`");
  const privateKey = openPrivateKey(key, seal);
  if (privateKey === undefined)
    throw new Error(
      `ticket key ${key.id} was sealed under another TOKEN_SECRET: run \`onsale ticket-keys rotate\``,
    );
  return (claims) => signTicketCode({ ...claims, keyId: key.id }, privateKey);
}
