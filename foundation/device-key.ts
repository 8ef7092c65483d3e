import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign as signBytes } from "node:crypto";

/** The public half of a device's key, as a JWK of exactly these members. */
export type DeviceJwk = {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
};

/** A key pair that stays on a device (the command line, a test); a browser makes its own, never to be exported. */
export type DeviceKey = { readonly jwk: DeviceJwk; readonly jkt: string; readonly privateKey: KeyObject };

export type ProvenRequest = {
  readonly method: string;
  /** The whole address, scheme and host included; query and fragment are left out of the proof. */
  readonly url: string;
  readonly accessToken?: string;
  readonly nowMs: number;
};

export function createDeviceKey(): DeviceKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  if (x === undefined || y === undefined) throw new Error("a key of P-256 without a point");
  const jwk = { kty: "EC", crv: "P-256", x, y } as const;
  return { jwk, jkt: thumbprintOf(jwk), privateKey };
}

/** RFC 7638: the SHA-256 of the JWK's required members in the order of their names. */
export function thumbprintOf({ x, y }: Pick<DeviceJwk, "x" | "y">): string {
  return sha256Text(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`);
}

/** What a proof says of the access token that comes with it (`ath`). */
export function sha256Text(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** A proof of possession for one request (RFC 9449, section 4.2), good once. */
export function signDeviceProof(key: DeviceKey, request: ProvenRequest): string {
  const { accessToken, method, nowMs } = request;
  const claims = {
    jti: randomBytes(16).toString("base64url"),
    htm: method.toUpperCase(),
    htu: request.url.replace(/[?#].*$/, ""),
    iat: Math.floor(nowMs / 1_000),
    ...(accessToken === undefined ? {} : { ath: sha256Text(accessToken) }),
  };
  return signJws({ typ: "dpop+jwt", alg: "ES256", jwk: key.jwk }, claims, key.privateKey);
}

export function signJws(header: object, claims: object, privateKey: KeyObject): string {
  const content = `${encode(header)}.${encode(claims)}`;
  const signature = signBytes("sha256", Buffer.from(content), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${content}.${signature.toString("base64url")}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
