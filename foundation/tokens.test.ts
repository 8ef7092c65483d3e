import { createHmac } from "node:crypto";
import jwt from "jsonwebtoken";
import { expect, test } from "vitest";
import type { BuyerId } from "./ids.ts";
import { limits } from "./limits.ts";
import { createTokens } from "./tokens.ts";

const secret = "s".repeat(40);
const tokens = createTokens(secret);
const claims = {
  buyerId: "b1" as BuyerId,
  identity: "i1",
  email: "a@b.example",
  guest: true,
  verified: false,
  role: "buyer",
} as const;
const inAnHour = Date.now() + 3_600_000;

test("a token gives back what was signed", () => {
  expect(tokens.verify("buyer", tokens.sign("buyer", claims, inAnHour))).toMatchObject(claims);
});

test("a token is the one that jsonwebtoken would write", () => {
  const exp = Math.floor(inAnHour / 1_000);
  const options = { issuer: "onsale", audience: "buyer", algorithm: "HS256" } as const;
  const written = jwt.decode(jwt.sign({ ...claims, exp }, secret, options), { complete: true });
  const ours = jwt.decode(tokens.sign("buyer", claims, inAnHour), { complete: true });
  const iat = expect.any(Number);
  expect(ours?.header).toEqual(written?.header);
  expect(ours?.payload).toEqual({ ...Object(written?.payload), iat });
});

test("a token of one kind is nothing as another kind", () => {
  expect(tokens.verify("pass", tokens.sign("buyer", claims, inAnHour))).toBeUndefined();
});

/** What jsonwebtoken says: `verify` throws where the token is worth nothing. */
function theirs(kind: "buyer" | "pass", token: string): unknown {
  try {
    return jwt.verify(token, secret, { algorithms: ["HS256"], issuer: "onsale", audience: kind });
  } catch {
    return undefined;
  }
}

const byTheLibrary = { issuer: "onsale", audience: "buyer", expiresIn: 3_600, algorithm: "HS256" } as const;
const writeJwt = (options: jwt.SignOptions) => jwt.sign(claims, secret, { ...byTheLibrary, ...options });
const unsigned = jwt.sign(claims, null, { ...byTheLibrary, algorithm: "none" });

test("jsonwebtoken takes our tokens, and we take what it writes like us", () => {
  expect(theirs("buyer", tokens.sign("buyer", claims, inAnHour))).toMatchObject(claims);
  const written = writeJwt({});
  expect(tokens.verify("buyer", written)).toMatchObject(claims);
  expect(tokens.verify("buyer", written)).toEqual(theirs("buyer", written));
});

test("claims beyond ASCII come through", () => {
  const wide = { ...claims, email: "zoë@bücher.example", identity: "票🎫" };
  const token = tokens.sign("buyer", wide, inAnHour);
  expect(tokens.verify("buyer", token)).toMatchObject(wide);
  expect(theirs("buyer", token)).toMatchObject(wide);
});

const good = tokens.sign("buyer", claims, inAnHour);
const [head, payload, signature] = good.split(".") as [string, string, string];
const otherHead = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
const other = createTokens("t".repeat(40)).sign("buyer", { ...claims, identity: "i2" }, inAnHour);

test.each<[what: string, token: string]>([
  ["nothing", ""],
  ["only dots", ".."],
  ["of another secret", other],
  ["of another secret, with our signature", `${other.slice(0, -43)}${signature}`],
  ["ended", tokens.sign("buyer", claims, Date.now() - 1_000)],
  ["of another issuer", writeJwt({ issuer: "other" })],
  ["of another audience", writeJwt({ audience: "pass" })],
  ["signed as HS384", writeJwt({ algorithm: "HS384" })],
  ["signed as HS512", writeJwt({ algorithm: "HS512" })],
  ["not signed, and says so", unsigned],
  ["ours, with `none` for its header", `${otherHead}.${payload}.${signature}`],
  ["ours, with `none` and no signature", `${otherHead}.${payload}.`],
  ["without its signature", `${head}.${payload}.`],
  ["without its last part", `${head}.${payload}`],
  ["with a part more", `${good}.`],
  ["with a shorter signature", good.slice(0, -1)],
  ["with a longer signature", `${good}A`],
  ["with letters of the signature that are wider", `${good.slice(0, -2)}\u0141\u0141`],
  [
    "with another payload",
    `${head}.${payload.slice(0, -1)}${payload.endsWith("A") ? "B" : "A"}.${signature}`,
  ],
  ["with a space before", ` ${good}`],
])("a token %s is nothing to us, and nothing to jsonwebtoken", (_what, token) => {
  expect(tokens.verify("buyer", token)).toBeUndefined();
  expect(theirs("buyer", token)).toBeUndefined();
});

test("a token with any one letter changed is nothing", () => {
  const changed = Array.from(good, (letter, at) => {
    const another = letter === "A" ? "B" : "A";
    return `${good.slice(0, at)}${another}${good.slice(at + 1)}`;
  });
  expect(changed.filter((token) => tokens.verify("buyer", token) !== undefined)).toEqual([]);
});

/** base64url leaves two bits of the last letter unused: a decoder takes four letters for the same signature. */
test("a token has one spelling: who forbids a token by its text forbids it", () => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const spellings = Array.from(letters, (letter) => `${good.slice(0, -1)}${letter}`);
  expect(spellings.filter((token) => tokens.verify("buyer", token) !== undefined)).toEqual([good]);
});

test("a token without an end, or longer than a header may be, is nothing", () => {
  const { expiresIn: _, ...endless } = byTheLibrary;
  expect(tokens.verify("buyer", jwt.sign(claims, secret, endless))).toBeUndefined();
  const long = { ...claims, email: "a".repeat(limits.http.headerValueChars) };
  expect(tokens.verify("buyer", tokens.sign("buyer", long, inAnHour))).toBeUndefined();
});

test("what is signed but not a token of ours is nothing, and breaks nothing", () => {
  const signed = ["null", "1", '"text"', "[]"].map((text) => {
    const part = `${head}.${Buffer.from(text).toString("base64url")}`;
    return `${part}.${createHmac("sha256", secret).update(part).digest("base64url")}`;
  });
  expect(signed.map((token) => tokens.verify("buyer", token))).toEqual(signed.map(() => undefined));
});
