import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";

/** Closes the private keys of tickets: who has read the database alone cannot sign. */
export type KeySeal = {
  /** `bound` is what the content belongs to: under another it does not open. */
  close(content: Buffer, bound: Buffer): Buffer;
  /** Nothing where it was closed under another secret, or changed. */
  open(sealed: Buffer, bound: Buffer): Buffer | undefined;
};

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** A key of its own is derived from the secret, which signs other things too. */
export function createKeySeal(secret: string): KeySeal {
  const derived = hkdfSync("sha256", secret, "", "onsale ticket keys", 32);
  const key = createSecretKey(Buffer.from(derived));
  return {
    close: (content, bound) => close(key, content, bound),
    open: (sealed, bound) => open(key, sealed, bound),
  };
}

function close(key: KeyObject, content: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(bound);
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

function open(key: KeyObject, sealed: Buffer, bound: Buffer): Buffer | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(bound).setAuthTag(sealed.subarray(-tagBytes));
  const content = decipher.update(sealed.subarray(nonceBytes, -tagBytes));
  try {
    return Buffer.concat([content, decipher.final()]);
  } catch {
    return undefined;
  }
}
