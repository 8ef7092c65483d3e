import fc from "fast-check";
import { expect, test } from "vitest";
import { clientAddress } from "./client-address.ts";

const socketAddress = "10.0.0.1";
const client = "203.0.113.7";

const addresses = fc.oneof(fc.ipV4(), fc.ipV6());
/** What a client may send: nothing, or whatever text, addresses among it. */
const headers = fc.option(
  fc.oneof(
    fc.string({ unit: "grapheme-ascii" }),
    fc
      .array(fc.oneof(addresses, fc.constantFrom("", " ", ",", "unknown", '"')), { maxLength: 6 })
      .map(String),
  ),
  { nil: undefined },
);

/** What proxies do: each adds whom it was called by. */
function throughProxies(sent: string | undefined, from: string, proxies: readonly string[]) {
  let forwardedFor = sent;
  let caller = from;
  for (const proxy of proxies) {
    forwardedFor = forwardedFor === undefined ? caller : `${forwardedFor}, ${caller}`;
    caller = proxy;
  }
  return { socketAddress: caller, forwardedFor, trustedProxies: proxies.length };
}

test("a client cannot choose its address, whatever header it sends through however many proxies", () => {
  fc.assert(
    fc.property(headers, addresses, fc.array(addresses, { maxLength: 4 }), (sent, from, proxies) => {
      expect(clientAddress(throughProxies(sent, from, proxies))).toBe(from);
    }),
    { numRuns: 1_000 },
  );
});

test("where no proxy is trusted the header is not looked at", () => {
  expect(clientAddress({ socketAddress, forwardedFor: client, trustedProxies: 0 })).toBe(socketAddress);
});

test("a header that is too short for the trusted proxies, or holds no address there, says nothing", () => {
  for (const [forwardedFor, trustedProxies] of [
    [undefined, 1],
    ["", 1],
    [",", 1],
    [",", 2],
    [client, 2],
    [`${client}, ${client}`, 3],
    [`${client},`, 1],
    ["unknown", 1],
    ["1.2.3", 1],
    ["1.2.3.4.5:6", 1],
    [`${"1".repeat(100_000)}`, 1],
  ] as const)
    expect(clientAddress({ socketAddress, forwardedFor, trustedProxies }), forwardedFor).toBe(socketAddress);
});

test("a port beside the address is left out", () => {
  const through = (forwardedFor: string) => clientAddress({ socketAddress, forwardedFor, trustedProxies: 1 });
  expect(through(`9.9.9.9, ${client}:4711`)).toBe(client);
  expect(through("[2001:db8::1]:4711")).toBe("2001:db8::1");
  expect(through("[2001:db8::1]")).toBe("2001:db8::1");
  expect(through("2001:db8::1")).toBe("2001:db8::1");
});
