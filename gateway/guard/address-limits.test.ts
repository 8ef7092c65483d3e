import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressKey, unknownAddress } from "./address-key.ts";
import { createAddressLimits } from "./address-limits.ts";

function setUp() {
  const rules = { joins: { perMinute: 1, burst: 1 } };
  const limits = createAddressLimits({ clock: { now: () => 1_000 }, rules, mostAddresses: 100 });
  return (address: string) => limits.take("joins", address).outcome;
}

test("each IPv4 address has a bucket of its own", () => {
  const take = setUp();
  expect([take("192.0.2.1"), take("192.0.2.2"), take("192.0.2.1")]).toEqual(["taken", "taken", "too_many"]);
});

test("all of one customer's 64 bits of IPv6 share a bucket, the next customer has another", () => {
  const take = setUp();
  expect(take("2001:db8:0:1::1")).toBe("taken");
  expect(take("2001:0db8:0000:0001:ffff:ffff:ffff:ffff")).toBe("too_many");
  expect(take("2001:DB8:0:1::1.2.3.4")).toBe("too_many");
  expect(take("2001:db8:0:2::1")).toBe("taken");
});

test("an IPv4 address in IPv6 clothes is the IPv4 address", () => {
  for (const spelling of [
    "::ffff:192.0.2.1",
    "::FFFF:c000:201",
    "0:0:0:0:0:ffff:192.0.2.1",
    "0000:0000:0000:0000:0000:ffff:c000:0201",
  ])
    expect(addressKey(spelling)).toBe("192.0.2.1");
});

test("who has no readable address shares one bucket with all such", () => {
  const take = setUp();
  expect(take("")).toBe("taken");
  for (const address of ["nonsense", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1::2::3", "[::1]"])
    expect(take(address), address).toBe("too_many");
});

test("every spelling of an IPv6 address has the key of its first 64 bits", () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, ([...numbers]) => {
      fc.pre(numbers.slice(0, 5).some((number) => number !== 0));
      const key = `${numbers
        .slice(0, 4)
        .map((number) => number.toString(16))
        .join(":")}::/64`;
      const plain = numbers.map((number) => number.toString(16)).join(":");
      const long = numbers.map((number) => number.toString(16).padStart(4, "0").toUpperCase()).join(":");
      // The URL parser writes the shortest spelling.
      const short = new URL(`http://[${plain}]`).hostname.slice(1, -1);
      for (const spelling of [plain, long, short, `${short}%eth0`]) expect(addressKey(spelling)).toBe(key);
    }),
    { numRuns: 300 },
  );
});

test("whatever text comes has a key, and a short one", () => {
  const noise = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1"));
  fc.assert(
    fc.property(fc.oneof(fc.string(), noise), (text) => {
      fc.pre(isIP(text) === 0);
      expect(addressKey(text)).toBe(unknownAddress);
    }),
  );
  expect(addressKey("9".repeat(100_000))).toBe(unknownAddress);
});
