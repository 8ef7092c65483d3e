/** What a buyer can check of a draw with nothing but the own receipt and what is published. */
import { commitmentOf, drawSeedOf } from "./draw-protocol.ts";
import { type DrawLane, type DrawRecord, type HeldDraw, isHeld } from "./draw-record.ts";
import { entrantLeaf } from "./entrant-leaf.ts";
import { verifyInclusion } from "./inclusion-proof.ts";
import { shuffle } from "./shuffle.ts";

export type DrawClaim = {
  readonly eventId: string;
  readonly lane: string;
  /** From 1. */
  readonly entry: number;
  /** The number that the room gave; left out, it is only told what the draw gives. */
  readonly number?: number | undefined;
  /** The commitment as the buyer saw it before the draw. */
  readonly commitment?: string | undefined;
  /** Whose entry it is is checked where both are given. */
  readonly identity?: string | undefined;
  readonly proof?: readonly string[] | undefined;
};

export type DrawFailure =
  | { outcome: "other_event"; eventId: string }
  /** The commitment is not the one that the buyer saw. */
  | { outcome: "other_commitment"; commitment: string }
  /** The seed does not open the commitment. */
  | { outcome: "other_seed"; opens: string }
  | { outcome: "lane_missing" }
  | { outcome: "entry_missing"; entrants: number }
  /** The proof does not lead from this identity at this entry to the root. */
  | { outcome: "other_entrant" }
  /** The draw gives the entry another number than the room did. */
  | { outcome: "other_number"; number: number };

export type DrawCheck = { outcome: "fair"; number: number } | { outcome: "not_drawn" } | DrawFailure;

/** The first check that fails, in the order of `DrawFailure`. Costs a shuffle of the lane. */
export function checkDraw(record: DrawRecord, claim: DrawClaim): DrawCheck {
  const { eventId, commitment } = record;
  if (eventId !== claim.eventId) return { outcome: "other_event", eventId };
  if (commitment !== (claim.commitment ?? commitment)) return { outcome: "other_commitment", commitment };
  if (!isHeld(record)) return { outcome: "not_drawn" };
  const opens = commitmentOf(record.seed);
  if (opens !== commitment) return { outcome: "other_seed", opens };
  const lane = record.lanes.find((candidate) => candidate.lane === claim.lane);
  return lane === undefined ? { outcome: "lane_missing" } : checkEntry(record, lane, claim);
}

function checkEntry(record: HeldDraw, lane: DrawLane, claim: DrawClaim): DrawCheck {
  const { entrants } = lane;
  const isEntry = Number.isInteger(claim.entry) && claim.entry >= 1 && claim.entry <= entrants;
  if (!isEntry) return { outcome: "entry_missing", entrants };
  if (!isEntrant(lane, claim)) return { outcome: "other_entrant" };
  const { numbers } = shuffle(drawSeedOf({ ...record, ...lane }), entrants);
  const number = numbers[claim.entry - 1] as number;
  return { outcome: number === (claim.number ?? number) ? "fair" : "other_number", number };
}

function isEntrant({ entrants, root }: DrawLane, { identity, proof, ...place }: DrawClaim): boolean {
  if (identity === undefined || proof === undefined) return true;
  return verifyInclusion({
    leaf: entrantLeaf({ ...place, identity }),
    index: place.entry - 1,
    size: entrants,
    proof: proof.map((neighbour) => Buffer.from(neighbour, "hex")),
    root: Buffer.from(root, "hex"),
  });
}
