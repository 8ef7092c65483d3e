import { createHash } from "node:crypto";
import { readLine, type StoredLine } from "../../prices/charge.ts";
import type { Offer, OnsaleEvent, Section } from "../event.ts";

/** An event without its sections: those are entities of their own, so that no value in Redis is huge. */
export type EventHead = Omit<OnsaleEvent, "sections">;

export type EncodedSection = { readonly digest: string; readonly json: string };

/** A section's entity is named by its content: what an edit leaves as it is, is neither written nor read again. */
export function encodeSection(section: Section): EncodedSection {
  const json = encode(section);
  return { digest: createHash("sha256").update(json).digest("base64url").slice(0, 22), json };
}

export function decodeSection(json: string): Section {
  const section = JSON.parse(json) as Omit<Section, "offers"> & { readonly offers: readonly EncodedOffer[] };
  return { ...section, offers: section.offers.map(decodeOffer) };
}

export const encodeHead = (head: EventHead): string => encode(head);
export const decodeHead = (json: string): EventHead => JSON.parse(json) as EventHead;

/** Amounts are bigints, which JSON does not know: they travel as text. No reviver: it would visit every seat's label. */
function encode(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part));
}

/** As JSON has it: amounts are text. */
type EncodedOffer = Omit<Offer, "charges"> & { readonly charges: readonly StoredLine[] };

function decodeOffer(offer: EncodedOffer): Offer {
  return {
    ...offer,
    price: { ...offer.price, amountMinor: BigInt(offer.price.amountMinor) },
    feeMinor: BigInt(offer.feeMinor),
    taxMinor: BigInt(offer.taxMinor),
    charges: offer.charges.map(readLine),
  };
}
