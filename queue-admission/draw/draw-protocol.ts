/** The hashes of the draw, byte by byte. docs/draw.md says the same for other languages; no part may change. */
import { sha256 } from "./sha256.ts";

/** What makes the order of one lane, and nothing else does. */
export type DrawInputs = {
  readonly eventId: string;
  /** 32 secret bytes in hex, fixed by the commitment before the lobby opens. */
  readonly seed: string;
  /** A random value from outside in hex, announced before and known after the lists were closed. */
  readonly beacon: string | null;
  readonly lane: string;
  readonly entrants: number;
  /** The Merkle root of the lane's entrants, in hex. */
  readonly root: string;
};

const commitmentTag = Buffer.from("onsale-draw-commitment-v1");
const drawTag = Buffer.from("onsale-draw-v1");

export function commitmentOf(seed: string): string {
  return sha256(commitmentTag, Buffer.from(seed, "hex")).toString("hex");
}

/** The seed of one lane's shuffle. */
export function drawSeedOf({ eventId, seed, beacon, lane, entrants, root }: DrawInputs): Buffer {
  return sha256(
    drawTag,
    Buffer.from(seed, "hex"),
    Buffer.from(eventId),
    laneBytes(lane),
    uint32(entrants),
    Buffer.from(root, "hex"),
    Buffer.from(beacon ?? "", "hex"),
  );
}

/** The name of a lane behind the number of its bytes. */
export function laneBytes(lane: string): Buffer {
  const name = Buffer.from(lane);
  if (name.length === 0 || name.length > 255) throw new RangeError("a lane's name has 1 to 255 bytes");
  return Buffer.concat([Buffer.of(name.length), name]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
