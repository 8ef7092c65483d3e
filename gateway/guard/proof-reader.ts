import { type DeviceJwk, thumbprintOf } from "../../foundation/device-key.ts";

/** What a device proof says, before anything of it is believed. */
export type ReadProof = {
  readonly jwk: DeviceJwk;
  readonly jkt: string;
  readonly claims: ProofClaims;
  /** What is signed, and the signature. */
  readonly content: string;
  readonly signature: string;
};

type ProofClaims = {
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly jti: string;
  readonly ath: string | undefined;
};

type Members = { readonly [name: string]: unknown };

const mostProofChars = 2_048;
const mostJtiChars = 64;
/** Header and claims in base64url, and a signature of 64 bytes in its one spelling. */
const proofPattern = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{85}[AQgw])$/;
/**
 * 32 bytes in their one spelling: the unused bits of the last character are zero. With another spelling one key
 * would have several thumbprints.
 */
const coordinatePattern = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export function readProof(proof: string): ReadProof | "malformed" | "wrong_algorithm" {
  if (proof.length > mostProofChars) return "malformed";
  const [, headerPart = "", claimsPart = "", signature = ""] = proofPattern.exec(proof) ?? [];
  const header = readObject(headerPart);
  const claims = readClaims(readObject(claimsPart));
  // `crit` names what a reader must understand; of such there is nothing here.
  if (header?.["typ"] !== "dpop+jwt" || claims === undefined || "crit" in header) return "malformed";
  if (header["alg"] !== "ES256") return "wrong_algorithm";
  const jwk = readJwk(header["jwk"]);
  if (typeof jwk === "string") return jwk;
  return { jwk, jkt: thumbprintOf(jwk), claims, content: `${headerPart}.${claimsPart}`, signature };
}

function readObject(part: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A key that brings its private half has left its device: it proves nothing. */
function readJwk(jwk: unknown): DeviceJwk | "malformed" | "wrong_algorithm" {
  if (!isMembers(jwk) || "d" in jwk) return "malformed";
  const { kty, crv, x, y } = jwk;
  if (kty !== "EC" || crv !== "P-256") return "wrong_algorithm";
  return isCoordinate(x) && isCoordinate(y) ? { kty, crv, x, y } : "malformed";
}

function isCoordinate(value: unknown): value is string {
  return typeof value === "string" && coordinatePattern.test(value);
}

function readClaims(members: Members | undefined): ProofClaims | undefined {
  const { htm, htu, iat, jti, ath } = members ?? {};
  if (typeof htm !== "string" || typeof htu !== "string") return undefined;
  if (typeof iat !== "number" || !Number.isFinite(iat)) return undefined;
  if (typeof jti !== "string" || jti.length === 0 || jti.length > mostJtiChars) return undefined;
  return ath === undefined || typeof ath === "string" ? { htm, htu, iat, jti, ath } : undefined;
}
