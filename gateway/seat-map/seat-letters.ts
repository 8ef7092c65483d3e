import { lettersOf } from "../../booking-core/seats/seat-bytes.ts";

/** The letter of each byte. */
const letterOfByte = Buffer.from(lettersOf(String.fromCharCode(...Array(256).keys())), "latin1");

/** What everybody may know of the seats, as one text. */
export function statesOf(seats: Buffer): string {
  const letters = Buffer.allocUnsafe(seats.length);
  for (let seat = 0; seat < seats.length; seat += 1)
    letters[seat] = letterOfByte[seats[seat] as number] as number;
  return letters.toString("latin1");
}

/** `120:hh,133:f`: the letters of these seats now, those beside each other in one run. */
export function runsOfLetters(seats: Buffer, seatNumbers: Iterable<number>): string {
  const sorted = Uint32Array.from(seatNumbers).sort();
  let runs = "";
  let next = -1;
  for (const seat of sorted) {
    if (seat !== next) runs += `${runs === "" ? "" : ","}${seat}:`;
    runs += String.fromCharCode(letterOfByte[seats[seat] as number] as number);
    next = seat + 1;
  }
  return runs;
}
