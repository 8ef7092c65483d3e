/** What can become of a payment, what can happen to the messages about it, and how each pair of the two ends. */

export type Outcome = {
  /** What the buyer does at the provider, payment by payment. */
  readonly wishes: readonly (readonly ("approve" | "decline" | "confirm")[])[];
  /** What the provider does, as the sandbox calls it. */
  readonly behaviours?: readonly string[];
  /** The booking has expired before the buyer pays, and its seats are free or another's. */
  readonly expired?: "free" | "taken";
  /** Of the price, taken from the buyer's wallet. */
  readonly walletMinor?: bigint;
  /** The buyer gives the tickets back. */
  readonly isGivenBack?: true;
  /** No booking: the wallet is filled. */
  readonly isTopUp?: true;
};

export type Fault = {
  readonly behaviours?: readonly string[];
  /** The messages come when the booking has expired. */
  readonly isLate?: true;
  /** Nobody hears of it but by asking. */
  readonly isLost?: true;
  /** Each worker that settles it or gives it back dies a statement later than the one before. */
  readonly isDeadly?: true;
};

export const outcomes = {
  approved: { wishes: [["approve"]] },
  declined: { wishes: [["decline"]] },
  "approved in a second step": { wishes: [["approve", "confirm"]], behaviours: ["second_step"] },
  "after expiry, seats free": { wishes: [["approve"]], expired: "free" },
  "after expiry, seats taken": { wishes: [["approve"]], expired: "taken" },
  "paid a second time": { wishes: [["approve"], ["approve"]] },
  "another amount": { wishes: [["approve"]], behaviours: ["amount_wrong"] },
  "another currency": { wishes: [["approve"]], behaviours: ["currency_wrong"] },
  "a part from the wallet": { wishes: [["approve"]], walletMinor: 1_000n },
  "the refund is refused": { wishes: [["approve"]], expired: "taken", behaviours: ["refund_refused"] },
  "given back by the buyer": { wishes: [["approve"]], isGivenBack: true },
  "given back, pending first": { wishes: [["approve"]], isGivenBack: true, behaviours: ["refund_pending"] },
  "the wallet is filled": { wishes: [["approve"]], isTopUp: true },
} as const satisfies Record<string, Outcome>;

export const faults = {
  none: {},
  twice: { behaviours: ["webhook_twice"] },
  "out of order": { behaviours: ["webhook_out_of_order"] },
  late: { isLate: true },
  "forged first": { behaviours: ["webhook_forged_first", "webhook_unknown_first"] },
  lost: { behaviours: ["webhook_lost"], isLost: true },
  "worker dies": { isDeadly: true },
} as const satisfies Record<string, Fault>;

const paid = "paid, 2 tickets; succeeded; wallet 0";
const none = "no tickets";
const back = `expired, ${none}; succeeded too_late; 9000 back; wallet 0`;
const once = "paid, 2 tickets; succeeded, succeeded paid_twice; 9000 back; wallet 0";
const refunded = `refunded, ${none}; succeeded; 9000 back; wallet 0`;
const filled = "succeeded; wallet 1000";

/** Of one outcome. */
type Row = readonly [string, string, string, string, string, string, string];

const parked = withLate(
  `pending_payment, ${none}; parked wrong_amount; wallet 0`,
  `expired, ${none}; parked wrong_amount; wallet 0`,
);

/** Of each outcome its end for each fault, in their order above. */
export const ends: Readonly<Record<keyof typeof outcomes, Row>> = {
  //                           none  twice out of order late forged lost worker dies
  approved: [paid, paid, paid, paid, paid, paid, paid],
  declined: withLate(`pending_payment, ${none}; failed; wallet 0`, `expired, ${none}; failed; wallet 0`),
  "approved in a second step": [paid, paid, paid, paid, paid, paid, paid],
  "after expiry, seats free": [paid, paid, paid, paid, paid, paid, paid],
  "after expiry, seats taken": [back, back, back, back, back, back, back],
  "paid a second time": [once, once, once, once, once, once, once],
  "another amount": parked,
  "another currency": parked,
  // Late, what the wallet had put aside is in it again, and is taken once more.
  "a part from the wallet": everywhere(paid),
  "the refund is refused": everywhere(`expired, ${none}; succeeded too_late; 9000 parked; wallet 0`),
  "given back by the buyer": everywhere(refunded),
  "given back, pending first": everywhere(refunded),
  "the wallet is filled": everywhere(filled),
};

function everywhere(end: string): Row {
  return withLate(end, end);
}

function withLate(end: string, late: string): Row {
  return [end, end, end, late, end, end, end];
}

export type Cell = {
  readonly name: string;
  readonly outcome: Outcome;
  readonly fault: Fault;
  readonly end: string;
};

export const cells: readonly Cell[] = Object.entries<Outcome>(outcomes).flatMap(([row, outcome]) =>
  Object.entries<Fault>(faults).map(([column, fault], index) => {
    const end = ends[row as keyof typeof outcomes][index] ?? "";
    return { name: `${row} / ${column}`, outcome, fault, end };
  }),
);
