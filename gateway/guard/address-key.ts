import { isIPv4, isIPv6 } from "node:net";

/** What stands for whoever cannot be told apart: they share one bucket. */
export const unknownAddress = "unknown";

/**
 * One key for each customer of a network: an IPv4 address, or the first 64 bits of an IPv6 address, as one customer
 * has all of what follows. An IPv4 address in IPv6 clothes is the IPv4 address.
 */
export function addressKey(address: string): string {
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return unknownAddress;
  const groups = groupsOf(address.replace(/%.*$/, ""));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return mappedIPv4(groups);
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

function mappedIPv4(groups: readonly number[]): string {
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join(".");
}

/** The eight numbers of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const [front = "", back] = withoutDots(address).split("::");
  const left = numbersOf(front);
  if (back === undefined) return left;
  const right = numbersOf(back);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function numbersOf(groups: string): number[] {
  return groups === "" ? [] : groups.split(":").map((group) => Number.parseInt(group, 16));
}

/** `::ffff:1.2.3.4` is `::ffff:102:304`. */
function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (...parts) => {
    const [first, second, third, fourth] = parts.slice(1, 5).map(Number) as [number, number, number, number];
    return `${((first << 8) | second).toString(16)}:${((third << 8) | fourth).toString(16)}`;
  });
}
