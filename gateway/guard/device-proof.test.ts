import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createDeviceKey,
  type DeviceKey,
  sha256Text,
  signDeviceProof,
  signJws,
  thumbprintOf,
} from "../../foundation/device-key.ts";
import { createDeviceProofs, type PresentedProof } from "./device-proof.ts";
import { otherSpellings } from "./test-spellings.ts";

const publicUrl = "https://tickets.example";
const path = "/v1/events/e1/place";
const accessToken = "header.claims.signature";
const key = createDeviceKey();

function setUp(bounds = { mostProofs: 100, mostProofsPerKey: 100, mostKeys: 100 }) {
  const clock = { nowMs: 1_700_000_000_000, now: () => clock.nowMs };
  const proofs = createDeviceProofs({ clock, publicUrl, bounds });
  const request = { method: "POST", url: `${publicUrl}${path}`, accessToken };
  const sign = (changes: Partial<typeof request> = {}, by: DeviceKey = key) =>
    signDeviceProof(by, { ...request, ...changes, nowMs: clock.nowMs });
  const check = (proof: string, changes: Partial<PresentedProof> = {}) =>
    proofs.check({ proof, method: "POST", path, accessToken, jkt: key.jkt, ...changes });
  return { clock, proofs, sign, check };
}

/** A proof with parts of anyone's choice, rightly signed by our key. */
function forge(changes: { header?: object; claims?: object }, by = key): string {
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: by.jwk, ...changes.header };
  const usual = { jti: crypto.randomUUID(), htm: "POST", htu: `${publicUrl}${path}`, iat: 1_700_000_000 };
  return signJws(header, { ...usual, ath: sha256Text(accessToken), ...changes.claims }, by.privateKey);
}

test("a proof by the key that the token is bound to is good", () => {
  const { sign, check } = setUp();
  expect(check(sign())).toEqual({ outcome: "good", jkt: key.jkt });
});

test("without a bound key any key proves itself, and the answer says which", () => {
  const { sign, check } = setUp();
  const other = createDeviceKey();
  const proof = sign({}, other);
  expect(check(proof, { jkt: undefined })).toEqual({ outcome: "good", jkt: other.jkt });
});

// The example proofs' key, thumbprint and token hash of RFC 9449, sections 4.1, 6.1 and 7.1.
test("the example of RFC 9449 is read as its authors mean it", () => {
  const example =
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
  const jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
  const proofs = createDeviceProofs({
    clock: { now: () => 1_562_262_616_000 },
    publicUrl: "https://server.example.com",
  });
  expect(
    proofs.check({ proof: example, method: "POST", path: "/token", accessToken: undefined, jkt }),
  ).toEqual({ outcome: "good", jkt });
  expect(sha256Text("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")).toBe(
    "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
  );
});

test("a proof by another device is refused", () => {
  const { sign, check } = setUp();
  expect(check(sign({}, createDeviceKey()))).toEqual({ outcome: "other_key" });
});

test("a proof that names the bound key but was signed by another is refused", () => {
  const { check } = setUp();
  const thief = { ...createDeviceKey(), jwk: key.jwk };
  expect(check(forge({}, thief))).toEqual({ outcome: "wrong_signature" });
});

test("a proof for another method, path, host or scheme is refused", () => {
  const { sign, check } = setUp();
  const other = { outcome: "other_request" };
  expect(check(sign({ method: "GET" }))).toEqual(other);
  for (const url of [
    `${publicUrl}/v1/events/e2/place`,
    `${publicUrl}${path}/`,
    `${publicUrl}${path.toUpperCase()}`,
    `http://tickets.example${path}`,
    `https://tickets.example:444${path}`,
    `https://elsewhere.example${path}`,
    `https://tickets.example@elsewhere.example${path}`,
    `https://name@tickets.example${path}`,
    path,
    "",
  ])
    expect(check(sign({ url })), url).toEqual(other);
});

test("a path that only means the proven one after `..` is taken away is another request", () => {
  const { sign, check } = setUp();
  expect(check(sign(), { path: `/v1/x/..${path.slice(3)}` })).toEqual({ outcome: "other_request" });
});

test("query, fragment, capitals in the host and the scheme's own port make no other request", () => {
  const { check } = setUp();
  for (const htu of [`${publicUrl}${path}?a=1#b`, `HTTPS://Tickets.Example:443${path}`])
    expect(check(forge({ claims: { htu } })).outcome).toBe("good");
});

test("an address with a path of its own in front is part of what is proven", () => {
  const proofs = createDeviceProofs({
    clock: { now: () => 1_700_000_000_000 },
    publicUrl: "https://tickets.example/onsale/",
  });
  const presented = { method: "post", path, accessToken, jkt: key.jkt };
  const proof = forge({ claims: { htu: `https://tickets.example/onsale${path}` } });
  expect(proofs.check({ ...presented, proof }).outcome).toBe("good");
  expect(proofs.check({ ...presented, proof: forge({}) }).outcome).toBe("other_request");
});

test("a proof made for another token, or for none, is refused", () => {
  const { sign, check } = setUp();
  expect(check(sign({ accessToken: "another" }))).toEqual({ outcome: "other_token" });
  expect(check(forge({ claims: { ath: undefined } }))).toEqual({ outcome: "other_token" });
  expect(check(sign(), { accessToken: undefined })).toEqual({ outcome: "other_token" });
  const proof = forge({ claims: { ath: undefined } });
  expect(check(proof, { accessToken: undefined }).outcome).toBe("good");
});

test("a proof is good for a minute, and at most 5 s before its time", () => {
  const { clock, check } = setUp();
  const madeAtMs = clock.nowMs;
  for (const [ageMs, outcome] of [
    [60_001, "not_now"],
    [60_000, "good"],
    [-5_000, "good"],
    [-5_001, "not_now"],
  ] as const) {
    clock.nowMs = madeAtMs + ageMs;
    expect(check(forge({})).outcome, `age ${ageMs}`).toBe(outcome);
  }
});

test("a proof is good once, for as long as it lasts", () => {
  const { clock, sign, check } = setUp();
  // One that is 5 s before its time lasts longest: 65 s.
  clock.nowMs += 5_000;
  const proof = sign();
  clock.nowMs -= 5_000;
  expect(check(proof).outcome).toBe("good");
  for (const stepMs of [0, 1, 30_000, 34_998, 1]) {
    clock.nowMs += stepMs;
    expect(check(proof)).toEqual({ outcome: "replayed" });
  }
  clock.nowMs += 1;
  expect(check(proof)).toEqual({ outcome: "not_now" });
});

test("a refused proof is not spent by it", () => {
  const { sign, check } = setUp();
  const proof = sign();
  expect(check(proof, { path: "/v1/elsewhere" }).outcome).toBe("other_request");
  const [header, claims] = proof.split(".");
  expect(check(`${header}.${claims}.${"A".repeat(86)}`).outcome).toBe("wrong_signature");
  expect(check(proof).outcome).toBe("good");
});

test("the same jti of another key is another proof", () => {
  const { check } = setUp();
  const other = createDeviceKey();
  expect(check(forge({ claims: { jti: "one" } })).outcome).toBe("good");
  expect(check(forge({ claims: { jti: "one" } }, other), { jkt: other.jkt }).outcome).toBe("good");
  expect(check(forge({ claims: { jti: "one" } })).outcome).toBe("replayed");
});

test("no other algorithm is taken, whatever the header says", () => {
  const { check } = setUp();
  for (const alg of ["none", "HS256", "RS256", "ES384", "es256", "", undefined, 1, ["ES256"]])
    expect(check(forge({ header: { alg } }))).toEqual({ outcome: "wrong_algorithm" });
});

test("no other kind of key is taken", () => {
  const { check } = setUp();
  const jwkOf = (namedCurve: string) =>
    generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "jwk" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 }).publicKey.export({ format: "jwk" });
  for (const jwk of [jwkOf("P-384"), jwkOf("secp256k1"), rsa, { kty: "oct", k: "c2VjcmV0" }])
    expect(check(forge({ header: { jwk } }))).toEqual({ outcome: "wrong_algorithm" });
});

test("a key that brings its private half is refused", () => {
  const { check } = setUp();
  const jwk = key.privateKey.export({ format: "jwk" });
  expect(jwk).toHaveProperty("d");
  expect(check(forge({ header: { jwk } }))).toEqual({ outcome: "malformed" });
});

test("a point that is not on the curve is refused", () => {
  const { check } = setUp();
  const jwk = { ...key.jwk, x: key.jwk.y, y: key.jwk.x };
  expect(check(forge({ header: { jwk } }), { jkt: thumbprintOf(jwk) })).toEqual({ outcome: "malformed" });
});

test("one key has one thumbprint: another spelling of its point is refused", () => {
  const { check } = setUp();
  const spellings = otherSpellings(key.jwk.x);
  expect(spellings).toHaveLength(3);
  for (const x of [...spellings, `${key.jwk.x}=`, ` ${key.jwk.x}`])
    expect(check(forge({ header: { jwk: { ...key.jwk, x } } }), { jkt: undefined })).toEqual({
      outcome: "malformed",
    });
});

test("a proof with a part of another shape is malformed", () => {
  const { check } = setUp();
  const shapes: { header?: object; claims?: object }[] = [
    ...["JWT", "DPoP+JWT", undefined, 1].map((typ) => ({ header: { typ } })),
    ...[undefined, null, "jwk", []].map((jwk) => ({ header: { jwk } })),
    { header: { crit: ["b64"], b64: false } },
    ...[undefined, 1, null].map((htm) => ({ claims: { htm } })),
    ...[undefined, 1, null].map((htu) => ({ claims: { htu } })),
    ...[undefined, "1700000000", null].map((iat) => ({ claims: { iat } })),
    ...[undefined, 1, "", "j".repeat(65)].map((jti) => ({ claims: { jti } })),
    { claims: { ath: 1 } },
    { claims: { much: "m".repeat(2_048) } },
  ];
  for (const shape of shapes)
    expect(check(forge(shape)), JSON.stringify(shape)).toEqual({ outcome: "malformed" });
});

test("whatever text comes is answered, never thrown at", () => {
  const { sign, check } = setUp();
  const good = sign();
  const changed = fc
    .tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
    .map(([at, text]) => `${good.slice(0, at)}${text}${good.slice(at + 1)}`);
  const noise = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const parts = fc.tuple(fc.json(), fc.json()).map(([header, claims]) => {
    const encode = (text: string) => Buffer.from(text).toString("base64url");
    return `${encode(header)}.${encode(claims)}.${"A".repeat(86)}`;
  });
  fc.assert(
    fc.property(fc.oneof(changed, noise, parts), (proof) => {
      fc.pre(proof !== good);
      expect(check(proof).outcome).not.toBe("good");
    }),
    { numRuns: 500 },
  );
});

test("one key cannot fill the memory of used proofs for the others", () => {
  const { sign, check } = setUp({ mostProofs: 10, mostProofsPerKey: 3, mostKeys: 10 });
  for (let index = 0; index < 3; index++) expect(check(sign()).outcome).toBe("good");
  expect(check(sign())).toEqual({ outcome: "too_many" });
  const other = createDeviceKey();
  expect(check(sign({}, other), { jkt: other.jkt }).outcome).toBe("good");
});

test("with a full memory nothing is let in, until the oldest proofs have ended", () => {
  const { clock, sign, check } = setUp({ mostProofs: 3, mostProofsPerKey: 3, mostKeys: 10 });
  const used = [sign(), sign(), sign()];
  for (const proof of used) expect(check(proof).outcome).toBe("good");
  const other = createDeviceKey();
  const late = () => check(sign({}, other), { jkt: other.jkt }).outcome;
  expect(late()).toBe("busy");
  for (const proof of used) expect(check(proof).outcome).toBe("replayed");
  clock.nowMs += 65_000;
  expect(late()).toBe("good");
});

test("more devices than keys are kept ready are all served", () => {
  const { sign, check } = setUp({ mostProofs: 100, mostProofsPerKey: 10, mostKeys: 2 });
  const devices = Array.from({ length: 5 }, createDeviceKey);
  for (const device of [...devices, ...devices])
    expect(check(sign({}, device), { jkt: device.jkt })).toEqual({ outcome: "good", jkt: device.jkt });
});

test("proofs of self-made keys, without a token, take nothing of the memory from those with a session", () => {
  const { sign, check } = setUp({ mostProofs: 3, mostProofsPerKey: 3, mostKeys: 10 });
  for (let index = 0; index < 5; index++) {
    const other = createDeviceKey();
    const proof = forge({ claims: { ath: undefined } }, other);
    const shown = check(proof, { accessToken: undefined, jkt: undefined });
    expect(shown).toEqual({ outcome: "good", jkt: other.jkt });
  }
  for (let index = 0; index < 3; index++) expect(check(sign()).outcome).toBe("good");
});
