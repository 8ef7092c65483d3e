import type { Answered } from "./answers.ts";
import type { Seat, Wish } from "./wish.ts";

/** A booking that a buyer was told of. */
export type ToldBooking = {
  readonly id: string;
  readonly key: string;
  readonly eventId: string;
  readonly token: string;
  readonly wishes: readonly Wish[];
  readonly seats: readonly Seat[];
  /** The buyer pressed the provider's button, and the provider took it. */
  approved: boolean;
  cancelled: boolean;
};

/** What the buyers have seen, to be held against what is there afterwards. */
export type Records = {
  count(name: string, answered: Answered, contentType: string): void;
  countCut(name: string, byBuyer: boolean): void;
  countFault(name: string): void;
  fail(what: string): void;
  tell(told: ToldBooking): ToldBooking;
  readonly bookings: ReadonlyMap<string, ToldBooking>;
  readonly failures: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  /** Answers of bookings so far: for the lines of progress. */
  booked(): number;
};

/** What is refused in a shop where all goes well, too. Everything else but 503 is a failure. */
const refusals: Readonly<Record<string, readonly string[]>> = {
  session: [],
  join: ["too_many_requests"],
  standing: ["place_missing", "not_found"],
  pass: ["turn_missing", "place_missing", "not_your_turn", "not_found"],
  leave: ["place_missing", "not_found"],
  book: ["sold_out", "seats_taken", "pass_invalid"],
  booking: [],
  pay: ["booking_not_payable"],
  cancel: ["booking_not_pending", "booking_ended", "booking_not_payable"],
  seats: [],
};
const failuresMost = 50;

export function createRecords(): Records {
  const counts = new Map<string, number>();
  const bookings = new Map<string, ToldBooking>();
  const byKey = new Map<string, string>();
  const failures: string[] = [];
  let booked = 0;
  const add = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const fail = (what: string) => {
    if (failures.length < failuresMost) failures.push(what);
  };

  function count(name: string, answered: Answered, contentType: string): void {
    const { status, code } = answered;
    add(`${name} ${status}${code === "" ? "" : ` ${code}`}`);
    if (status < 400) return;
    if (!contentType.startsWith("application/problem+json"))
      fail(`${name} answered ${status} and no problem document, but ${contentType}`);
    if (status === 503 || refusals[name]?.includes(code)) return;
    fail(`${name} answered ${status} ${JSON.stringify(answered.body)}`);
  }

  function tell(told: ToldBooking): ToldBooking {
    booked += 1;
    const first = byKey.get(told.key);
    if (first !== undefined && first !== told.id)
      fail(`the key ${told.key} gave booking ${first} and then booking ${told.id}`);
    byKey.set(told.key, told.id);
    const known = bookings.get(told.id);
    if (known === undefined) bookings.set(told.id, told);
    else if (known.key !== told.key) fail(`booking ${told.id} was given to two keys`);
    else if (JSON.stringify(known.seats) !== JSON.stringify(told.seats))
      fail(`booking ${told.id} was told with seats ${seatsText(known)} and then with ${seatsText(told)}`);
    return known ?? told;
  }

  return {
    count,
    countCut: (name, byBuyer) => add(`${name} cut${byBuyer ? " by the buyer" : ""}`),
    countFault: (name) => add(`fault ${name}`),
    fail,
    tell,
    bookings,
    failures,
    counts,
    booked: () => booked,
  };
}

function seatsText({ seats }: ToldBooking): string {
  return seats.map(({ sectionId, seatNumber }) => `${sectionId.slice(0, 8)}/${seatNumber}`).join(" ");
}
