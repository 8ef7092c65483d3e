import type { Answered } from "./answers.ts";
import { seatsProblem, type ToldBooking } from "./told-booking.ts";

/** What the buyers have seen, to be held against what is there afterwards. */
export type Records = {
  count(name: string, answered: Answered, contentType: string): void;
  countCut(name: string, byBuyer: boolean): void;
  countFault(name: string): void;
  fail(what: string): void;
  /** `before`: the places in the booking that had been given back when this was asked for. */
  tell(told: ToldBooking, before: readonly number[]): ToldBooking;
  ofKey(key: string): ToldBooking | undefined;
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
  cancel: ["booking_not_changeable"],
  release: ["booking_not_changeable", "payment_under_way", "last_seat_stays"],
  extension: ["booking_not_changeable", "extension_refused"],
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

  function tell(told: ToldBooking, before: readonly number[]): ToldBooking {
    booked += 1;
    const first = byKey.get(told.key);
    if (first !== undefined && first !== told.id)
      fail(`the key ${told.key} gave booking ${first} and then booking ${told.id}`);
    byKey.set(told.key, told.id);
    const known = bookings.get(told.id);
    if (known === undefined) bookings.set(told.id, told);
    else if (known.key !== told.key) fail(`booking ${told.id} was given to two keys`);
    const problem = known && seatsProblem(known, told.seats, before);
    if (problem !== undefined) fail(problem);
    return known ?? told;
  }

  return {
    count,
    countCut: (name, byBuyer) => add(`${name} cut${byBuyer ? " by the buyer" : ""}`),
    countFault: (name) => add(`fault ${name}`),
    fail,
    tell,
    ofKey: (key) => bookings.get(byKey.get(key) ?? ""),
    bookings,
    failures,
    counts,
    booked: () => booked,
  };
}
