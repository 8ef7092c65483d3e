import type { PaymentProvider, PaymentProviders } from "./payment.ts";

export function paymentProviders(
  current: PaymentProvider,
  ...others: readonly PaymentProvider[]
): PaymentProviders {
  const all = new Map([current, ...others].map((provider) => [provider.name, provider]));
  return {
    current,
    of: (name) => {
      const provider = all.get(name);
      if (provider === undefined) throw new Error(`the payment provider ${name} is not configured`);
      return provider;
    },
  };
}
