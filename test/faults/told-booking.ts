import type { AnswerBody } from "./answers.ts";
import type { Wish } from "./wish.ts";

export type ToldSeat = {
  readonly position: number;
  readonly sectionId: string;
  readonly seatNumber: number | null;
};

/** Of what a buyer asked for: `asked` as long as nobody has said whether it was done. */
export type Asking = "no" | "asked" | "done";

/** A booking that a buyer was told of. */
export type ToldBooking = {
  readonly id: string;
  readonly key: string;
  readonly eventId: string;
  readonly token: string;
  readonly wishes: readonly Wish[];
  /** All that it was made of. */
  readonly seats: readonly ToldSeat[];
  /** The buyer pressed the provider's button, and the provider took it. */
  approved: boolean;
  cancelled: Asking;
  putOff: Asking;
  /** As last told. */
  deadlineMs: number;
  /** By position; what is not there was not asked for, or refused. */
  readonly givenBack: Map<number, Exclude<Asking, "no">>;
};

/** The one place that knows how a booking names its seats. */
export function seatsOf({ seats = [] }: AnswerBody): ToldSeat[] {
  return seats.map(({ position, sectionId, seatNumber }) => ({ position, sectionId, seatNumber }));
}

export function givenBack({ givenBack: asked }: ToldBooking): number[] {
  return [...asked].filter(([, asking]) => asking === "done").map(([position]) => position);
}

/**
 * What is wrong with these seats of the booking in an answer; `before` had been given back when it was asked for.
 * Fewer than all are right only where some were given back.
 */
export function seatsProblem(
  told: ToldBooking,
  seats: readonly ToldSeat[],
  before: readonly number[],
): string | undefined {
  const answered = new Map(seats.map((seat) => [seat.position, seat]));
  const isRight = ({ position, ...seat }: ToldSeat) => {
    const shown = answered.get(position);
    if (shown === undefined) return told.givenBack.has(position);
    return (
      !before.includes(position) && shown.sectionId === seat.sectionId && shown.seatNumber === seat.seatNumber
    );
  };
  const known = new Set(told.seats.map(({ position }) => position));
  if (told.seats.every(isRight) && seats.every(({ position }) => known.has(position))) return undefined;
  const gave = before.length === 0 ? "" : `, of which ${before.join()} were given back,`;
  return `booking ${told.id} was told with seats ${textOf(told.seats)}${gave} and then with ${textOf(seats)}`;
}

function textOf(seats: readonly ToldSeat[]): string {
  return seats
    .map(({ position, sectionId, seatNumber }) => `${position}:${sectionId.slice(0, 8)}/${seatNumber}`)
    .join(" ");
}
