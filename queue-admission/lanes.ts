/** What a room keeps of a lane. The first one is the general lane; the others are for those with a code. */
export type Lane = {
  readonly name: string;
  /** The last number that was given. */
  readonly last: number;
  /** No number above it may be given: so far Postgres knows of them. */
  readonly reserved: number;
  /** Every number up to it had its turn, was stepped over, or left. */
  readonly served: number;
  /** So many were in the lobby at the opening. */
  readonly drawn: number;
  /** Numbers that were never given, because Redis forgot how far they had come. */
  readonly gaps: readonly { readonly from: number; readonly upTo: number }[];
};

/** Reads what the scripts keep in one field: `last reserved served drawn credit gaps` of each lane. */
export function parseLanes(text: string, names: string): Lane[] {
  const laneNames = names.split(",");
  return text.split(";").map((lane, index) => {
    const [last, reserved, served, drawn, , gaps = "-"] = lane.split(" ");
    return {
      name: laneNames[index] ?? `lane-${index}`,
      last: Number(last),
      reserved: Number(reserved),
      served: Number(served),
      drawn: Number(drawn),
      gaps: gaps === "-" ? [] : gaps.split(",").map(parseGap),
    };
  });
}

function parseGap(text: string): Lane["gaps"][number] {
  const [from, upTo] = text.split("-").map(Number);
  return { from: from ?? 0, upTo: upTo ?? 0 };
}

/**
 * The people ahead, at most. Nobody is counted: every number between the watermark and the own one may still wait,
 * so a place ahead that was given up counts until the watermark has passed it. It never grows, and it is exact
 * where nobody ahead has left.
 */
export function aheadOf(number: number, lane: Pick<Lane, "served" | "gaps">): number {
  let ahead = number - lane.served - 1;
  for (const { from, upTo } of lane.gaps) {
    const first = Math.max(from, lane.served + 1);
    const last = Math.min(upTo, number - 1);
    if (last >= first) ahead -= last - first + 1;
  }
  return Math.max(0, ahead);
}
