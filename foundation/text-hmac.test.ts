import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { textHmac } from "./text-hmac.ts";

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.integer({ min: 4_090, max: 4_100 }).map((count) => "é€x".repeat(count).slice(0, count)),
);

test("gives what the system's HMAC gives, for any secret and text, one after the other", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
      fc.array(texts),
      (secret, all) => {
        const hmac = textHmac(secret);
        for (const text of all)
          expect(hmac(text)).toBe(createHmac("sha256", secret).update(text).digest("base64url"));
      },
    ),
  );
});

test("knows RFC 4231's second case", () => {
  const hex = Buffer.from(textHmac("Jefe")("what do ya want for nothing?"), "base64url").toString("hex");
  expect(hex).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});
