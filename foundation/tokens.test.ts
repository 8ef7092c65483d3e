import jwt from "jsonwebtoken";
import { expect, test } from "vitest";
import type { BuyerId } from "./ids.ts";
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
  const theirs = jwt.decode(jwt.sign({ ...claims, exp }, secret, options), { complete: true });
  const ours = jwt.decode(tokens.sign("buyer", claims, inAnHour), { complete: true });
  const iat = expect.any(Number);
  expect(ours?.header).toEqual(theirs?.header);
  expect(ours?.payload).toEqual({ ...Object(theirs?.payload), iat });
});

test("a token of one kind is nothing as another kind", () => {
  expect(tokens.verify("pass", tokens.sign("buyer", claims, inAnHour))).toBeUndefined();
});

test("an ended, foreign or altered token is nothing", () => {
  const good = tokens.sign("buyer", claims, inAnHour);
  expect(tokens.verify("buyer", tokens.sign("buyer", claims, Date.now() - 1_000))).toBeUndefined();
  expect(
    tokens.verify("buyer", createTokens("t".repeat(40)).sign("buyer", claims, inAnHour)),
  ).toBeUndefined();
  const middle = good.length - 20;
  const altered = `${good.slice(0, middle)}${good[middle] === "A" ? "B" : "A"}${good.slice(middle + 1)}`;
  expect(tokens.verify("buyer", altered)).toBeUndefined();
  expect(tokens.verify("buyer", "")).toBeUndefined();
});

test("no other algorithm is taken, not even `none`", () => {
  const options = { issuer: "onsale", audience: "buyer", expiresIn: 3_600 } as const;
  expect(
    tokens.verify("buyer", jwt.sign(claims, secret, { ...options, algorithm: "HS512" })),
  ).toBeUndefined();
  expect(tokens.verify("buyer", jwt.sign(claims, null, { ...options, algorithm: "none" }))).toBeUndefined();
});
