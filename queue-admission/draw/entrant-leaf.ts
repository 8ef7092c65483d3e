import { laneBytes } from "./draw-protocol.ts";
import { digestBytes, writeSha256 } from "./sha256.ts";

/** An identity is hashed as this text, never decoded: its last character may carry bits beyond 16 bytes. */
export const identityPattern = /^[A-Za-z0-9_-]{22}$/;

const identityChars = 22;
const leafTag = "onsale-entrant-v1";

export type LeafWriter = (entry: number, identity: string, target: Buffer, offset: number) => void;

/** Makes the leaves of one lane: one scratch buffer serves all of them. */
export function createLeafWriter(eventId: string, lane: string): LeafWriter {
  const named = Buffer.from(`${eventId}:`);
  const person = Buffer.concat([named, Buffer.alloc(identityChars)]);
  const prefix = Buffer.concat([Buffer.of(0), Buffer.from(leafTag), laneBytes(lane)]);
  const leaf = Buffer.concat([prefix, Buffer.alloc(4 + digestBytes)]);
  return (entry, identity, target, offset) => {
    if (identity.length !== identityChars) throw new RangeError("an identity has 22 characters");
    person.write(identity, named.length, "latin1");
    leaf.writeUInt32BE(entry, prefix.length);
    writeSha256(person, leaf, prefix.length + 4);
    writeSha256(leaf, target, offset);
  };
}

/** The leaves of entrants in the order of their entries, one behind the other: what a growing root takes. */
export function entrantLeaves(write: LeafWriter, firstEntry: number, identities: readonly string[]): Buffer {
  const leaves = Buffer.allocUnsafe(identities.length * digestBytes);
  identities.forEach((identity, at) => write(firstEntry + at, identity, leaves, at * digestBytes));
  return leaves;
}

export type Entrant = { eventId: string; lane: string; entry: number; identity: string };

export function entrantLeaf({ eventId, lane, entry, identity }: Entrant): Buffer {
  const leaf = Buffer.allocUnsafeSlow(digestBytes);
  createLeafWriter(eventId, lane)(entry, identity, leaf, 0);
  return leaf;
}
