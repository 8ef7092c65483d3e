import { domainToASCII } from "node:url";

const addressCharsMost = 254;
const localCharsMost = 64;

/** What mail servers everywhere take without quotes (RFC 5322, dot-atom). */
const localPattern = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export type AddressProblem = "not_an_address" | "not_ascii" | "too_long";

/** Sentences for who typed it. */
export const addressProblems: Readonly<Record<AddressProblem, string>> = {
  not_an_address: "is no e-mail address; send it alone, like `you@example.org`",
  not_ascii: "has letters before the @ that many mail servers do not take: use another address",
  too_long: `is longer than ${addressCharsMost} characters, or than ${localCharsMost} before the @`,
};

export type ReadAddress =
  | { readonly outcome: "address"; readonly address: string }
  | { readonly outcome: AddressProblem };

/**
 * One spelling of an address, however it was typed, in ASCII: domains of other scripts become what DNS has for them. A
 * name, a comment, quotes, a second address or a line break make it none, so it is safe wherever an address may stand.
 */
export function readAddress(text: string): ReadAddress {
  const typed = text.trim().toLowerCase();
  const at = typed.lastIndexOf("@");
  const [local, domain] = [typed.slice(0, at), typed.slice(at + 1)];
  if (at < 1 || domain === "" || /[\s\p{C}]/u.test(typed)) return { outcome: "not_an_address" };
  if (/\P{ASCII}/u.test(local)) return { outcome: "not_ascii" };
  const ascii = domainToASCII(domain);
  if (!localPattern.test(local) || !isDomain(ascii)) return { outcome: "not_an_address" };
  const address = `${local}@${ascii}`;
  const isTooLong = address.length > addressCharsMost || local.length > localCharsMost;
  return isTooLong ? { outcome: "too_long" } : { outcome: "address", address };
}

/** At least two labels, the last of which is no number: an address of a host or a network is no domain. */
function isDomain(domain: string): boolean {
  const labels = domain.split(".");
  return (
    labels.length >= 2 &&
    labels.every((label) => labelPattern.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? "")
  );
}

/** In the one spelling already. */
export function isEmailAddress(text: string): boolean {
  const read = readAddress(text);
  return read.outcome === "address" && read.address === text;
}

/** Of an address that was read before; anything else is a mistake of the caller. */
export function normaliseAddress(email: string): string {
  const read = readAddress(email);
  if (read.outcome !== "address") throw new Error(`an e-mail address that ${addressProblems[read.outcome]}`);
  return read.address;
}
