/**
 * What everybody may know of a seat, by the byte that Redis keeps: f free, a free and accessible, c free and for a
 * companion, h held, s sold, b blocked or kept for those with a code.
 */
const letterOfByte = Buffer.alloc(256, "b");
for (let byte = 48; byte < 120; byte += 1) letterOfByte[byte] = letterOf(byte - 48);

function letterOf(value: number): number {
  const state = value % 3;
  const seatClass = (value - state) / 3;
  const letter = state === 1 ? "h" : state === 2 ? "s" : (["f", "a", "c"][seatClass] ?? "b");
  return letter.charCodeAt(0);
}

export function lettersOf(seats: Buffer): string {
  const letters = Buffer.allocUnsafe(seats.length);
  for (let seat = 0; seat < seats.length; seat += 1) letters[seat] = letterOfByte[seats[seat] as number] as number;
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
