import { isIP } from "node:net";

type Connection = {
  readonly socketAddress: string;
  /** The header `X-Forwarded-For`; where it came in several lines, joined by commas in their order. */
  readonly forwardedFor: string | undefined;
  /** How many proxies of ours stand in a row before the gateway. */
  readonly trustedProxies: number;
};

const mostEntryChars = 64;

/**
 * Each proxy adds the address that it was called from at the end, so the entry of the outermost trusted proxy stands
 * as far from the end as there are trusted ones; whatever stands before it is the client's own writing. Where there
 * is no such entry, or none that is an address, the socket's address counts: that of our own proxy, at worst.
 */
export function clientAddress({ socketAddress, forwardedFor, trustedProxies }: Connection): string {
  if (trustedProxies === 0 || forwardedFor === undefined) return socketAddress;
  const entry = entryFromEnd(forwardedFor, trustedProxies);
  const address = entry === undefined ? "" : withoutPort(entry);
  return isIP(address) === 0 ? socketAddress : address;
}

/** Reads from the end, and no further than it needs: the client may have written much. */
function entryFromEnd(header: string, place: number): string | undefined {
  let end = header.length;
  for (let passed = 1; passed < place; passed++) {
    end = header.lastIndexOf(",", end - 1);
    if (end <= 0) return undefined;
  }
  const start = header.lastIndexOf(",", end - 1) + 1;
  return end - start > mostEntryChars ? undefined : header.slice(start, end).trim();
}

/** Some proxies write `1.2.3.4:5678` or `[2001:db8::1]:5678`. */
function withoutPort(entry: string): string {
  const [, address] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry) ?? /^([\d.]+):\d{1,5}$/.exec(entry) ?? [];
  return address ?? entry;
}
