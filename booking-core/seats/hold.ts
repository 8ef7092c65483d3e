import type { BookingId } from "../../foundation/ids.ts";

/** A hold as Redis keeps it. */
export type Hold = {
  readonly bookingId: BookingId;
  readonly state: "held" | "sold";
  readonly deadlineMs: number;
  readonly heldAtMs: number;
  readonly requestHash: string;
  readonly quantity: number;
  readonly seatNumbers: readonly number[];
};

/** `state|deadlineMs|heldAtMs|requestHash|quantity|seat numbers by comma`, as the scripts in lua/seats write it. */
export function parseHold(bookingId: BookingId, text: string): Hold {
  const [state, deadlineMs, heldAtMs, requestHash = "", quantity, seats = ""] = text.split("|");
  if (state !== "held" && state !== "sold")
    throw new Error(`booking ${bookingId} has a hold that cannot be read: ${text}`);
  return {
    bookingId,
    state,
    deadlineMs: Number(deadlineMs),
    heldAtMs: Number(heldAtMs),
    requestHash,
    quantity: Number(quantity),
    seatNumbers: parseSeatNumbers(seats),
  };
}

export function parseSeatNumbers(text: string): number[] {
  return text === "" ? [] : text.split(",").map(Number);
}
