/** One section as it was at one version. `seats` is one byte a seat as Redis keeps it; empty in a standing section. */
export type SectionPicture = {
  readonly version: number;
  /** Grows when the section is built anew. */
  readonly epoch: number;
  /** Of each segment. */
  readonly free: readonly number[];
  readonly held: readonly number[];
  readonly seats: Buffer;
};

export type SectionNews = Omit<SectionPicture, "seats"> & {
  /** Runs of seats from a number on; nothing where the section was built anew. */
  readonly changed: readonly SeatRun[] | undefined;
};

export type SeatRun = { readonly first: number; readonly bytes: string };

/** Whether the news is what comes after the picture. Whoever meets a `gap` reads the section again. */
export function orderOf(picture: SectionPicture, { epoch, version, changed }: SectionNews) {
  const isKnown = epoch === picture.epoch && version <= picture.version;
  if (isKnown || (epoch < picture.epoch && changed !== undefined)) return "old";
  return epoch === picture.epoch && version === picture.version + 1 && changed !== undefined ? "next" : "gap";
}

/** The picture after the news, and the seats that it names. The bytes are changed in place: nobody else has them. */
export function applyNews(
  { seats }: SectionPicture,
  { version, epoch, free, held, changed = [] }: SectionNews,
): { readonly picture: SectionPicture; readonly seatNumbers: readonly number[] } {
  const seatNumbers: number[] = [];
  for (const { first, bytes } of changed) {
    if (first + bytes.length > seats.length) throw new Error("news of a seat that the section does not have");
    seats.write(bytes, first, "latin1");
    for (let offset = 0; offset < bytes.length; offset += 1) seatNumbers.push(first + offset);
  }
  return { picture: { version, epoch, free, held, seats }, seatNumbers };
}

/** The seats that are not the same in both; nothing where they cannot be compared. */
export function differences(before: Buffer, after: Buffer): readonly number[] | undefined {
  if (before.length !== after.length) return undefined;
  const seatNumbers: number[] = [];
  for (let seat = 0; seat < after.length; seat += 1)
    if (before[seat] !== after[seat]) seatNumbers.push(seat);
  return seatNumbers;
}
