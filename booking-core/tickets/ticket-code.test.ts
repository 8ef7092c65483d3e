import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { array, assert, constantFrom, integer, property, string, uint8Array, uuid } from "fast-check";
import { expect, test } from "vitest";
import type { EventId, TicketId } from "../../foundation/ids.ts";
import { fromBase45, toBase45 } from "./base45.ts";
import { decodeSvg } from "./test-qr.ts";
import { checkTicketCode, codeChars, signTicketCode, type TicketClaims } from "./ticket-code.ts";
import { qrOf, qrSvg } from "./ticket-qr.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
const keyOf = (keyId: number) => (keyId === 7 ? publicKey : undefined);

const claimsOf = (eventId: string, ticketId: string, issue: number): TicketClaims => ({
  keyId: 7,
  eventId: eventId as EventId,
  ticketId: ticketId as TicketId,
  issue,
});
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".split("");
const anyClaims = [uuid(), uuid(), integer({ min: 0, max: 255 })] as const;
const example = claimsOf("01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002", 3);
const code = signTicketCode(example, privateKey);
const check = (text: string) => checkTicketCode(text, keyOf).outcome;
const bytesOf = (text: string) => fromBase45(text.slice(4)) as Uint8Array;
const codeOf = (bytes: Uint8Array) => `OT1:${toBase45(bytes)}`;

test("every code tells what was signed, and always has the same length", () => {
  assert(
    property(...anyClaims, (...parts) => {
      const claims = claimsOf(...parts);
      const signed = signTicketCode(claims, privateKey);
      expect(signed).toHaveLength(codeChars);
      expect(checkTicketCode(signed, keyOf)).toEqual({ outcome: "good", ...claims });
    }),
    { numRuns: 100 },
  );
});

test("every flipped bit is refused", () => {
  const bytes = bytesOf(code);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    expect([bit, check(codeOf(flipped))]).toEqual([bit, bit < 8 ? "key_unknown" : "forged"]);
  }
});

test("every other character at every place is refused", () => {
  const characters = [...alphabet, "a", "é", "\u0000"];
  assert(
    property(integer({ min: 0, max: codeChars - 1 }), constantFrom(...characters), (at, character) => {
      const changed = code.slice(0, at) + character + code.slice(at + 1);
      if (changed !== code) expect(check(changed)).not.toBe("good");
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ["nothing", "", "malformed"],
  ["a cut one", code.slice(0, -1), "malformed"],
  ["a longer one", `${code}0`, "malformed"],
  ["space around", ` ${code} `, "malformed"],
  ["small letters", code.toLowerCase(), "malformed"],
  ["another version", code.replace("OT1:", "OT2:"), "malformed"],
  ["no prefix", code.slice(4), "malformed"],
  // Three characters above 65,535: as 16 bits they would be those of another group.
  ["a group too large", `${code.slice(0, -3)}:::`, "malformed"],
  ["a key of which nobody knows", signTicketCode({ ...example, keyId: 8 }, privateKey), "key_unknown"],
  ["another's signature", signTicketCode(example, other.privateKey), "forged"],
] as const)("%s is refused", (_, text, outcome) => {
  expect(check(text)).toBe(outcome);
});

test("a signature with the group's order added, which is the same point, is refused", () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const bytes = bytesOf(code);
  const scalar = Buffer.from(bytes.subarray(66)).reverse();
  const larger = (BigInt(`0x${scalar.toString("hex")}`) + order).toString(16).padStart(64, "0");
  const twin = Buffer.from(bytes);
  Buffer.from(larger, "hex").reverse().copy(twin, 66);
  expect(check(codeOf(twin))).toBe("forged");
});

test("whatever is scanned, checking never throws and takes nothing that is not ours", () => {
  const lookalike = array(constantFrom(...alphabet), { minLength: 147, maxLength: 147 }).map(
    (text) => `OT1:${text.join("")}`,
  );
  assert(
    property(string({ unit: "binary" }), (text) => {
      expect(check(text)).toBe("malformed");
    }),
  );
  assert(
    property(lookalike, (text) => {
      expect(check(text)).not.toBe("good");
    }),
  );
});

test("base45 has one spelling for all bytes, and every other is refused", () => {
  assert(
    property(uint8Array(), (bytes) => {
      expect(fromBase45(toBase45(bytes))).toEqual(bytes);
    }),
  );
  const text = array(constantFrom("0", "A", ":", "Z", "+", "9"), { maxLength: 9 }).map((characters) =>
    characters.join(""),
  );
  assert(
    property(text, (given) => {
      const bytes = fromBase45(given);
      if (bytes !== undefined) expect(toBase45(bytes)).toBe(given);
    }),
  );
  // RFC 9285, section 4.4.
  expect(toBase45(Buffer.from("Hello!!"))).toBe("%69 VD92EX0");
  expect(toBase45(Buffer.from("ietf!"))).toBe("QED8WEX0");
});

test("the QR code is of version 6, and a camera's decoder reads from the picture what was signed", () => {
  expect(qrOf(code).size).toBe(17 + 4 * 6);
  expect(decodeSvg(qrSvg(code))).toBe(code);
});

test("the code that docs/tickets.md gives for trying a reader is what it says", () => {
  const page = readFileSync(new URL("../../docs/tickets.md", import.meta.url), "utf8");
  const written = /```\n(OT1:.*)\n```/.exec(page)?.[1] ?? "";
  const [, x = ""] = /public key `([\w-]{43})`/.exec(page) ?? [];
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const [, eventId, ticketId, issue] = /event `(.{36})`, ticket `(.{36})`, issue (\d)/.exec(page) ?? [];
  expect(checkTicketCode(written, () => key)).toEqual({
    ...{ outcome: "good", keyId: 7, eventId, ticketId },
    issue: Number(issue),
  });
});
