import { timingSafeEqual } from "node:crypto";
import { type BookingId, type BuyerId, type DoorId, type EventId, identityChars } from "./ids.ts";
import { limits } from "./limits.ts";
import { type TextHmac, textHmac } from "./text-hmac.ts";

/** What a signed token says. The audience keeps the kinds apart: a receipt is never taken for a pass. */
export type TokenClaims = {
  /**
   * Who: `buyerId` acts; `identity` is what may have one place in a room. `verified` where nobody else can have this
   * identity: an account, or an address whose owner answered.
   */
  buyer: {
    buyerId: BuyerId;
    identity: string;
    email: string;
    guest: boolean;
    verified: boolean;
    role: "buyer" | "organiser" | "admin";
  } & OfDevice;
  pass: {
    eventId: EventId;
    buyerId: BuyerId;
    identity: string;
    /** Counts the passes of the room; what is revoked is named by it. */
    passNumber: number;
    /** Of the room: a pass from before Redis lost something is counted again before it is good. */
    incarnation: number;
    place: PlaceClaims;
  } & OfDevice;
  receipt: {
    eventId: EventId;
    identity: string;
    incarnation: number;
    /** Of the draw's seed, as it was when the place was given: a later one is another draw. */
    commitment?: string;
  } & PlaceClaims &
    OfDevice;
  /** A device that checks tickets at one event. */
  door: { eventId: EventId; doorId: DoorId };
  /** Who has this link sees the tickets of one booking. */
  tickets: { bookingId: BookingId };
};

export type PlaceClaims = {
  readonly lane: string;
  /** Counts the places of the lane in the order of arrival. */
  readonly entry: number;
  /** The entry, or what the draw made of it; missing until the draw. */
  readonly number?: number;
  readonly joinedAtMs: number;
};

/** The thumbprint of the device's key that the token is bound to, as in RFC 9449. */
type OfDevice = { readonly cnf?: { readonly jkt: string } };

export type TokenKind = keyof TokenClaims;

/** `exp` is the end, in seconds since 1970. */
export type Verified<Kind extends TokenKind> = TokenClaims[Kind] & { readonly exp: number };

type Signed<Kind extends TokenKind> = Verified<Kind> & { readonly aud: string; readonly iss: string };

export type Tokens = {
  /** Signed twice with the same `issuedAtMs`, it is the same token. */
  sign<Kind extends TokenKind>(
    kind: Kind,
    claims: TokenClaims[Kind],
    endsAtMs: number,
    issuedAtMs?: number,
  ): string;
  /** The claims, or nothing where the token is forged, of another kind, or has ended. */
  verify<Kind extends TokenKind>(kind: Kind, token: string): Verified<Kind> | undefined;
  /** The identity of an address; only who has the secret can tell which address an identity is of. */
  identityOf(address: string): string;
};

const issuer = "onsale";
/** The one header that is ever signed, and so the only one that is taken: HS256 and nothing else. */
const header = `${toBase64Url({ alg: "HS256", typ: "JWT" })}.`;
/** Of HMAC-SHA-256 in base64url. */
const signatureChars = 43;

export function createTokens(secret: string): Tokens {
  const hmac = textHmac(secret);
  return {
    identityOf: (address) => hmac(`identity:${address}`).slice(0, identityChars),
    sign: (kind, claims, endsAtMs, issuedAtMs = Date.now()) =>
      signJwt(hmac, { ...claims, exp: Math.floor(endsAtMs / 1_000), aud: kind }, issuedAtMs),
    verify: (kind, token) => verifyJwt(hmac, kind, token),
  };
}

/**
 * As jsonwebtoken writes it, which the tests hold it against. Every join signs: a receipt takes 3.3 instead of 6.7 µs
 * of CPU, and a process that only joins does 120,000 a second instead of 80,000 (about; three runs of each, in turns).
 */
function signJwt(hmac: TextHmac, claims: Record<string, unknown>, issuedAtMs: number): string {
  const iat = Math.floor(issuedAtMs / 1_000);
  const signed = `${header}${toBase64Url({ ...claims, iat, iss: issuer })}`;
  return `${signed}.${hmac(signed)}`;
}

/**
 * Takes what `signJwt` writes and refuses all else. Nothing of the token is decoded before its signature is known to
 * be ours, and that is compared as text, so that a token has one spelling.
 */
function verifyJwt<Kind extends TokenKind>(
  hmac: TextHmac,
  kind: Kind,
  token: string,
): Verified<Kind> | undefined {
  const signedChars = token.length - signatureChars - 1;
  if (token.length > limits.http.headerValueChars || !token.startsWith(header)) return undefined;
  if (token[signedChars] !== "." || !isSignedBy(hmac, token, signedChars)) return undefined;
  const claims = fromBase64Url<Signed<Kind> | null>(token.slice(header.length, signedChars));
  const isLive = typeof claims?.exp === "number" && Date.now() < claims.exp * 1_000;
  return isLive && claims.aud === kind && claims.iss === issuer ? claims : undefined;
}

function isSignedBy(hmac: TextHmac, token: string, signedChars: number): boolean {
  const expected = Buffer.from(hmac(token.slice(0, signedChars)));
  const given = Buffer.from(token.slice(signedChars + 1));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function toBase64Url(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function fromBase64Url<Part>(text: string): Part {
  return JSON.parse(Buffer.from(text, "base64url").toString()) as Part;
}
