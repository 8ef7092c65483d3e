/**
 * A seat in Redis is one printable byte, 48 + 3 × class + state. Classes: 0 ordinary, 1 accessible, 2 companion,
 * 3 blocked, 4 to 23 the house pools. States: 0 free, 1 held, 2 sold. Only "0", an ordinary free seat, is given to
 * whoever asks for the best.
 */
export type SeatClass = number;
export type SeatState = "free" | "held" | "sold";

export const seatClasses = { ordinary: 0, accessible: 1, companion: 2, blocked: 3, firstHouse: 4, last: 23 };

/** What buyers are told of a seat: free, free accessible, free companion, held, sold, blocked or of the house. */
export type SeatLetter = "f" | "a" | "c" | "h" | "s" | "b";

const zero = 48;
const states: readonly SeatState[] = ["free", "held", "sold"];
const freeLetters: readonly SeatLetter[] = ["f", "a", "c"];

export function houseClass(pool: number): SeatClass {
  const seatClass = seatClasses.firstHouse + pool;
  if (!Number.isInteger(pool) || pool < 0 || seatClass > seatClasses.last)
    throw new Error(`there is no house pool ${pool}`);
  return seatClass;
}

export function seatByte(seatClass: SeatClass, state: SeatState): number {
  return zero + 3 * seatClass + states.indexOf(state);
}

export function classOf(byte: number): SeatClass {
  return Math.floor((byte - zero) / 3);
}

export function stateOf(byte: number): SeatState {
  const state = states[byte % 3];
  if (state === undefined) throw new Error(`${byte} is not the byte of a seat`);
  return state;
}

export function letterOf(byte: number): SeatLetter {
  const state = stateOf(byte);
  if (state !== "free") return state === "held" ? "h" : "s";
  return freeLetters[classOf(byte)] ?? "b";
}

const letters = Array.from({ length: 256 }, (_, byte) =>
  byte >= zero && byte <= seatByte(seatClasses.last, "sold") ? letterOf(byte) : "b",
);

/** The letters of many seats, from the raw bytes of a snapshot or of a change. */
export function lettersOf(bytes: string): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 1) text += letters[bytes.charCodeAt(index)] ?? "b";
  return text;
}
