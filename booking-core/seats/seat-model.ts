import type { BookingId } from "../../foundation/ids.ts";
import type { ClaimOutcome, LiveHold, Wish } from "./claim.ts";

type ModelHold = {
  state: "held" | "sold";
  readonly seats: readonly number[];
  readonly quantity: number;
  readonly requestHash: string;
};

/**
 * What the scripts in lua/seats promise, without their tricks: who holds what. Which of the free seats a
 * best-available claim gets is the script's choice; the model takes it over and checks it.
 */
export function createSeatModel(capacity: number, kind: "seated" | "standing") {
  const holds = new Map<BookingId, ModelHold>();
  const taken = () => [...holds.values()].reduce((sum, hold) => sum + hold.quantity, 0);
  const ownerOf = (seat: number) => [...holds.values()].find((hold) => hold.seats.includes(seat));

  /** What a claim must answer; for a new best-available hold everything but the seats. */
  function expected(bookingId: BookingId, requestHash: string, wish: Wish): object {
    const known = holds.get(bookingId);
    if (known !== undefined) {
      if (known.requestHash !== requestHash) return { outcome: "idempotency_key_reused" };
      return { outcome: "held", fresh: false, quantity: known.quantity, seatNumbers: known.seats };
    }
    if (wish.mode === "manual") {
      const unknown = wish.seatNumbers.filter((seat) => kind === "standing" || seat >= capacity);
      if (unknown.length > 0) return { outcome: "seats_unknown", seatNumbers: unknown };
      const notFree = wish.seatNumbers.filter((seat) => ownerOf(seat) !== undefined);
      if (notFree.length > 0) return { outcome: "seats_taken", seatNumbers: notFree };
      return {
        outcome: "held",
        fresh: true,
        quantity: wish.seatNumbers.length,
        seatNumbers: wish.seatNumbers,
      };
    }
    const free = capacity - taken();
    if (free < wish.quantity) return { outcome: "sold_out", free };
    return { outcome: "held", fresh: true, quantity: wish.quantity };
  }

  return {
    expected,
    /** Takes over what a claim was given, unless that breaks a promise: then it says which. */
    accept(bookingId: BookingId, requestHash: string, outcome: ClaimOutcome): string | undefined {
      if (outcome.outcome !== "held" || !outcome.fresh) return undefined;
      const seats = outcome.seatNumbers;
      if (kind === "seated" && seats.length !== outcome.quantity) return "not as many seats as were promised";
      if (new Set(seats).size !== seats.length) return "a seat twice";
      if (seats.some((seat) => seat >= capacity || ownerOf(seat) !== undefined))
        return "a seat that is not free";
      holds.set(bookingId, { state: "held", seats, quantity: outcome.quantity, requestHash });
      return undefined;
    },
    release: (bookingId: BookingId) => void holds.delete(bookingId),
    confirm(bookingId: BookingId) {
      const hold = holds.get(bookingId);
      if (hold !== undefined) hold.state = "sold";
    },
    /** As Postgres would know it. */
    live: (): LiveHold[] =>
      [...holds].map(([bookingId, { state, seats, quantity, requestHash }]) => ({
        bookingId,
        state,
        seatNumbers: seats,
        quantity,
        requestHash,
        deadlineMs: 2_000_000,
      })),
    holdStates: () => new Map([...holds].map(([bookingId, { state }]) => [bookingId, state])),
    free: () => capacity - taken(),
    states: () =>
      kind === "standing"
        ? ""
        : Array.from(
            { length: capacity },
            (_, seat) => ({ held: "h", sold: "s", free: "f" })[ownerOf(seat)?.state ?? "free"],
          ).join(""),
  };
}
