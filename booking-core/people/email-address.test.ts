import fc from "fast-check";
import { expect, test } from "vitest";
import { isEmailAddress, normaliseAddress, readAddress } from "./email-address.ts";

test.each([
  [" Ada.Lovelace+tickets@Example.ORG ", "ada.lovelace+tickets@example.org"],
  ["o'brien_{x}@a-b.example", "o'brien_{x}@a-b.example"],
  ["ada@bücher.example", "ada@xn--bcher-kva.example"],
  ["ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"],
])("%s is kept as %s", (typed, address) => {
  expect(readAddress(typed)).toEqual({ outcome: "address", address });
  expect(normaliseAddress(address)).toBe(address);
  expect(isEmailAddress(address)).toBe(true);
});

test.each([
  ...["", "ada", "@example.org", "ada@", "ada@example", "ada@-a.example", "ada@a_b.example", "ada@127.0.0.1"],
  ...[
    "ada@[127.0.0.1]",
    "Ada <ada@example.org>",
    "ada@example.org, eve@example.org",
    "ada@example.org;eve@a.example",
  ],
  ...['"a b"@example.org', "a b@example.org", ".ada@example.org", "a..b@example.org", "ada.@example.org"],
  ...["ada@eve@example.org", "ada(comment)@example.org", "ada@example.org\r\nBcc: eve@example.org"],
  ...[
    "ada\n@example.org",
    "ada@exam\u00adple.org",
    "ada@example.org\u0000",
    "ada\u200b@example.org",
    "ada@a..example",
  ],
])("%j is no address", (typed) => {
  expect(readAddress(typed)).toEqual({ outcome: "not_an_address" });
  expect(isEmailAddress(typed)).toBe(false);
  expect(() => normaliseAddress(typed)).toThrow("no e-mail address");
});

test("what mail servers do not take is said apart", () => {
  expect(readAddress("jürgen@example.org")).toEqual({ outcome: "not_ascii" });
  expect(readAddress(`${"a".repeat(65)}@example.org`)).toEqual({ outcome: "too_long" });
  const long = Array.from({ length: 5 }, () => "a".repeat(60)).join(".");
  expect(readAddress(`ada@${long}.example`)).toEqual({ outcome: "too_long" });
});

test("whatever is typed: what comes out is one ASCII address that comes out of itself", () => {
  const near = fc.array(fc.constantFrom(..."ab.@-+'\"<>, \r\n\t()[]:;ßК例\u202e\u00ad".split("")), {
    maxLength: 24,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        near.map((parts) => parts.join("")),
        fc.string({ unit: "binary" }),
        fc.emailAddress(),
      ),
      (typed) => {
        const read = readAddress(typed);
        if (read.outcome !== "address") return;
        expect(read.address).toMatch(/^[!-~]+$/);
        expect(read.address).not.toMatch(/[<>",;:()[\]\\\s]/);
        expect(read.address.split("@")).toHaveLength(2);
        expect(readAddress(read.address)).toEqual(read);
      },
    ),
    { numRuns: 2_000 },
  );
});
