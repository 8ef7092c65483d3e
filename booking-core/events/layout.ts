/** How the seats of one block are printed: counted from a number on, or each by its own. */
export type SeatNames = { readonly first: number; readonly step: number } | readonly string[];

/**
 * Seats beside each other in one row, of one offer and view: no aisle and no gap is inside. The blocks of a section
 * stand best first within their segment, and seat numbers count through them from 0.
 */
export type Block = {
  /** Its place among the section's rows. */
  readonly row: number;
  /** Where in the row its first seat stands, gaps counted. */
  readonly column: number;
  readonly names: SeatNames;
  readonly seats: number;
  /** The number of its first seat. */
  readonly first: number;
  readonly segment: number;
  /** 0 to 255; smaller is better, and equal ones are as good as each other. */
  readonly rank: number;
  /** The best seat of the block, counted from its first. */
  readonly centre: number;
};

/** What one offer sells of a section, with or without restricted view. Its blocks follow each other. */
export type Segment = {
  readonly offer: number;
  readonly restrictedView: boolean;
  readonly firstBlock: number;
  readonly blocks: number;
};

export type Layout = {
  /** As printed, from the front. */
  readonly rows: readonly string[];
  readonly blocks: readonly Block[];
  readonly segments: readonly Segment[];
};

export type SeatLabel = { readonly row: string; readonly seat: string };

/** What is printed on the ticket for a seat number. */
export function seatLabel({ rows, blocks }: Pick<Layout, "rows" | "blocks">, seatNumber: number): SeatLabel {
  const block = blockOf(blocks, seatNumber);
  return { row: rows[block.row] ?? "", seat: nameOf(block, seatNumber - block.first) };
}

export function nameOf({ names }: Pick<Block, "names">, offset: number): string {
  return "first" in names ? String(names.first + offset * names.step) : (names[offset] ?? "");
}

export function blockOf(blocks: readonly Block[], seatNumber: number): Block {
  let [low, high] = [0, blocks.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((blocks[middle] as Block).first <= seatNumber) low = middle;
    else high = middle - 1;
  }
  const block = blocks[low];
  if (block === undefined || seatNumber < 0 || seatNumber >= block.first + block.seats)
    throw new Error(`seat number ${seatNumber} is outside the section`);
  return block;
}

type StoredBlock = readonly [
  row: number,
  column: number,
  segment: number,
  rank: number,
  centre: number,
  seats: number,
  names: SeatNames,
];
type StoredSegment = readonly [offer: number, restrictedView: 0 | 1, blocks: number];

/** The layout as Postgres keeps it: what follows from the order of the blocks is left out. */
export type StoredLayout = {
  readonly rows: readonly string[];
  readonly segments: readonly StoredSegment[];
  readonly blocks: readonly StoredBlock[];
};

export function storeLayout({ rows, blocks, segments }: Layout): StoredLayout {
  return {
    rows,
    segments: segments.map(({ offer, restrictedView, blocks: count }) => [
      offer,
      restrictedView ? 1 : 0,
      count,
    ]),
    blocks: blocks.map((block) => [
      block.row,
      block.column,
      block.segment,
      block.rank,
      block.centre,
      block.seats,
      block.names,
    ]),
  };
}

export function readLayout(stored: StoredLayout): Layout {
  let first = 0;
  const blocks = stored.blocks.map(([row, column, segment, rank, centre, seats, names]) => {
    const block = { row, column, names, seats, first, segment, rank, centre };
    first += seats;
    return block;
  });
  let firstBlock = 0;
  const segments = stored.segments.map(([offer, restricted, count]) => {
    const segment = { offer, restrictedView: restricted === 1, firstBlock, blocks: count };
    firstBlock += count;
    return segment;
  });
  return { rows: stored.rows, blocks, segments };
}
