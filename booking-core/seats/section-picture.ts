import type { SectionSnapshot } from "./claim.ts";
import type { SectionNews } from "./section-news.ts";

/** One section as it was at one version, its seats as bytes that can change; empty in a standing section. */
export type SectionPicture = Omit<SectionSnapshot, "seats"> & { readonly seats: Buffer };

export function pictureOf(snapshot: SectionSnapshot): SectionPicture {
  return { ...snapshot, seats: Buffer.from(snapshot.seats, "latin1") };
}

/** Whether the news is what comes after the picture. Whoever meets a `gap` reads the section again. */
export function orderOf(picture: SectionPicture, { epoch, version, changes }: SectionNews) {
  // Whatever epoch it has: it was built by a clock that may be wrong.
  if (changes === undefined) return "gap";
  if (epoch !== picture.epoch) return epoch < picture.epoch ? "old" : "gap";
  if (version <= picture.version) return "old";
  return version === picture.version + 1 ? "next" : "gap";
}

/** The picture after the news, and the seats that it names. The bytes are changed in place: nobody else has them. */
export function applyNews(
  { seats }: SectionPicture,
  { version, epoch, free, held, changes = [] }: SectionNews,
): { readonly picture: SectionPicture; readonly seatNumbers: readonly number[] } {
  const seatNumbers: number[] = [];
  for (const { first, bytes } of changes) {
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
  for (let seat = 0; seat < after.length; seat += 1) if (before[seat] !== after[seat]) seatNumbers.push(seat);
  return seatNumbers;
}
