/**
 * What the sandbox does on demand. By header (`Sandbox-Behaviour: name, name`) on the creation or on the buyer's
 * decision, where it stays with the payment; or by the last three digits of the payment's amount in minor units, for a
 * person in a browser and for load.
 */
const catalogue = {
  declined: [701, "The card is refused, also when the buyer approves."],
  second_step: [702, "The bank asks the buyer once more; then it is approved or refused."],
  decided_late: [703, "The decision takes effect some seconds after the buyer has left."],
  never_decided: [704, "The buyer approves, and nothing ever comes of it."],
  amount_wrong: [706, "One minor unit less is charged than was asked for."],
  currency_wrong: [707, "It is charged in another currency."],
  webhook_twice: [711, "Each webhook comes twice, at once."],
  webhook_late: [712, "Webhooks come some seconds late."],
  webhook_lost: [713, "No webhook comes: only asking for the status tells."],
  webhook_forged_first: [714, "Before each webhook comes a copy with a wrong signature."],
  webhook_unknown_first: [716, "Before each webhook comes one of an unknown type."],
  webhook_out_of_order: [717, "A first try that failed is told after the second that succeeded."],
  refund_pending: [721, "A refund is pending at first and succeeds some seconds later."],
  refund_fails_late: [722, "A refund is pending at first and fails some seconds later."],
  refund_refused: [723, "A refund is refused, for good."],
  refund_hangs: [724, "The first call for a refund is never answered, and does nothing."],
  refund_answer_lost: [726, "The first call for a refund is never answered, and the refund is made."],
  refund_breaks: [727, "The first call for a refund is answered 500."],
  refund_taken_back: [728, "The first refund succeeds, and fails some seconds later."],
  create_hangs: [731, "The first call for the payment is never answered, and does nothing."],
  create_answer_lost: [732, "The first call for the payment is never answered, and the payment is made."],
  create_breaks: [733, "The first call for the payment is answered 500."],
  create_down: [734, "Every call for the payment is answered 500."],
} as const satisfies Record<string, readonly [ending: number, meaning: string]>;

export type Behaviour = keyof typeof catalogue;

export const behaviours = Object.entries(catalogue).map(([name, [ending, meaning]]) => ({
  name: name as Behaviour,
  ending,
  meaning,
}));

const byEnding: ReadonlyMap<number, Behaviour> = new Map(
  behaviours.map(({ ending, name }) => [ending, name]),
);

export function behavioursOfAmount(amountMinor: number): readonly Behaviour[] {
  const name = byEnding.get(amountMinor % 1_000);
  return name === undefined ? [] : [name];
}

/** Nothing where the header names one that is not known. */
export function readBehaviours(header: string | undefined): readonly Behaviour[] | undefined {
  const names = (header ?? "").split(",").map((name) => name.trim());
  const wanted = names.filter((name) => name !== "");
  return wanted.every(isBehaviour) ? wanted : undefined;
}

function isBehaviour(name: string): name is Behaviour {
  return Object.hasOwn(catalogue, name);
}
