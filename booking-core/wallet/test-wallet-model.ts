import fc from "fast-check";

/** What a buyer and a provider can do, with payments named by the order in which they were started. */
export type WalletStep =
  | { readonly step: "top_up"; readonly amountMinor: bigint }
  | { readonly step: "start"; readonly wallet: bigint | "all" }
  | { readonly step: "pay" | "return" | "take_again"; readonly payment: number }
  | { readonly step: "refund"; readonly payment: number; readonly amountMinor: bigint };

export type ModelPayment = {
  readonly walletMinor: bigint;
  state: "none" | "held" | "taken" | "returned";
  paid: boolean;
  refundedMinor: bigint;
};

export type WalletModel = {
  readonly priceMinor: bigint;
  balanceMinor: bigint;
  /** Owed to the organiser. */
  soldMinor: bigint;
  readonly payments: ModelPayment[];
};

export type StepOutcome = "done" | "refused";

export const newModel = (priceMinor: bigint): WalletModel => ({
  ...{ priceMinor, balanceMinor: 0n, soldMinor: 0n, payments: [] },
});

/** What must come of a step, by nothing but arithmetic. */
export function follow(model: WalletModel, step: WalletStep): StepOutcome {
  switch (step.step) {
    case "top_up":
      model.balanceMinor += step.amountMinor;
      return "done";
    case "start":
      return start(model, step.wallet);
    case "pay":
      return pay(model, model.payments[step.payment]);
    case "return":
      return move(model, model.payments[step.payment], "held", "returned");
    case "take_again":
      return move(model, model.payments[step.payment], "returned", "held");
    case "refund":
      return refund(model, model.payments[step.payment], step.amountMinor);
  }
}

function start(model: WalletModel, wallet: bigint | "all"): StepOutcome {
  const { priceMinor, balanceMinor } = model;
  const most = wallet === "all" || wallet > priceMinor ? priceMinor : wallet;
  if (wallet !== "all" && most > balanceMinor) return "refused";
  const walletMinor = most > balanceMinor ? balanceMinor : most;
  model.balanceMinor -= walletMinor;
  const paid = walletMinor === priceMinor;
  if (paid) model.soldMinor += priceMinor;
  const state = walletMinor === 0n ? "none" : paid ? "taken" : "held";
  model.payments.push({ walletMinor, state, paid, refundedMinor: 0n });
  return "done";
}

function pay(model: WalletModel, payment: ModelPayment | undefined): StepOutcome {
  if (payment === undefined || payment.paid || payment.state === "returned") return "refused";
  payment.paid = true;
  if (payment.state === "held") payment.state = "taken";
  model.soldMinor += model.priceMinor;
  return "done";
}

function move(
  model: WalletModel,
  payment: ModelPayment | undefined,
  from: "held" | "returned",
  to: "held" | "returned",
): StepOutcome {
  if (payment?.state !== from) return "refused";
  const change = to === "returned" ? payment.walletMinor : -payment.walletMinor;
  if (model.balanceMinor + change < 0n) return "refused";
  model.balanceMinor += change;
  payment.state = to;
  return "done";
}

function refund(model: WalletModel, payment: ModelPayment | undefined, amountMinor: bigint): StepOutcome {
  if (payment?.state !== "taken" || payment.refundedMinor + amountMinor > payment.walletMinor)
    return "refused";
  payment.refundedMinor += amountMinor;
  model.balanceMinor += amountMinor;
  model.soldMinor -= amountMinor;
  return "done";
}

const payment = fc.nat({ max: 4 });
/** Around the price of a booking: as likely enough as not. */
const amountMinor = fc.bigInt({ min: 1n, max: 6_000n });

export const walletSteps: fc.Arbitrary<WalletStep[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ step: fc.constant("top_up" as const), amountMinor }) },
    {
      weight: 4,
      arbitrary: fc.record({
        step: fc.constant("start" as const),
        wallet: fc.oneof(fc.constant("all" as const), amountMinor),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ step: fc.constantFrom("pay", "return", "take_again"), payment }),
    },
    { weight: 3, arbitrary: fc.record({ step: fc.constant("refund" as const), payment, amountMinor }) },
  ),
  { minLength: 1, maxLength: 25 },
) as fc.Arbitrary<WalletStep[]>;
