import { type KeyObject, sign, verify } from "node:crypto";
import type { EventId, TicketId } from "../../foundation/ids.ts";
import { fromBase45, toBase45 } from "./base45.ts";

/** What the QR code of a ticket says; `docs/tickets.md` has it byte by byte. */
export type TicketClaims = {
  /** Of the key that signs. */
  readonly keyId: number;
  readonly eventId: EventId;
  readonly ticketId: TicketId;
  /** Grows when the ticket gets a new code. */
  readonly issue: number;
};

export type CheckedCode =
  | ({ readonly outcome: "good" } & TicketClaims)
  | { readonly outcome: "malformed" | "key_unknown" | "forged"; readonly keyId?: number };

/** The public key of this id, where it still verifies. */
export type PublicKeyOf = (keyId: number) => KeyObject | undefined;

/** Ours, and the version of what follows. It is signed too. */
const prefix = "OT1:";
const prefixBytes = Buffer.from(prefix, "latin1");
const claimsBytes = 34;
const signatureBytes = 64;
/**
 * 151: with the prefix, a QR code of version 6 at level M holds 154 of its alphanumeric characters. As base64url in
 * byte mode the same would be of version 8.
 */
export const codeChars = prefix.length + ((claimsBytes + signatureBytes) / 2) * 3;

export function signTicketCode(claims: TicketClaims, privateKey: KeyObject): string {
  const content = contentOf(claims);
  const signature = sign(null, Buffer.concat([prefixBytes, content]), privateKey);
  return prefix + toBase45(Buffer.concat([content, signature]));
}

/** Offline: needs nothing but public keys. Refuses whatever `signTicketCode` would not write, and never throws. */
export function checkTicketCode(code: string, publicKeyOf: PublicKeyOf): CheckedCode {
  const bytes = bytesOf(code);
  if (bytes === undefined) return { outcome: "malformed" };
  const content = bytes.subarray(0, claimsBytes);
  const claims = claimsOf(content);
  const { keyId } = claims;
  const publicKey = publicKeyOf(keyId);
  if (publicKey === undefined) return { outcome: "key_unknown", keyId };
  const signed = Buffer.concat([prefixBytes, content]);
  if (!verify(null, signed, publicKey, bytes.subarray(claimsBytes))) return { outcome: "forged", keyId };
  return { outcome: "good", ...claims };
}

function bytesOf(code: string): Buffer | undefined {
  if (code.length !== codeChars || !code.startsWith(prefix)) return undefined;
  const bytes = fromBase45(code.slice(prefix.length));
  return bytes && Buffer.from(bytes);
}

function contentOf({ keyId, eventId, ticketId, issue }: TicketClaims): Buffer {
  const content = Buffer.alloc(claimsBytes);
  content.writeUInt8(keyId, 0);
  bytesOfId(eventId).copy(content, 1);
  bytesOfId(ticketId).copy(content, 17);
  content.writeUInt8(issue, 33);
  return content;
}

function claimsOf(content: Buffer): TicketClaims {
  return {
    keyId: content.readUInt8(0),
    eventId: idOfBytes<EventId>(content.subarray(1, 17)),
    ticketId: idOfBytes<TicketId>(content.subarray(17, 33)),
    issue: content.readUInt8(33),
  };
}

function bytesOfId(id: string): Buffer {
  const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
  if (bytes.length !== 16) throw new Error(`${id} is no UUID`);
  return bytes;
}

function idOfBytes<Id extends string>(bytes: Buffer): Id {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") as Id;
}
