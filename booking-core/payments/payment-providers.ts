import { type Config, trustsSandbox } from "../../foundation/config.ts";
import type { PaymentProvider, PaymentProviders, ProviderName } from "./payment.ts";
import { createSandboxProvider } from "./sandbox-provider.ts";
import { keepingUnreadable } from "./unreadable-webhooks.ts";

/** New payments go to the one that is chosen; the other still settles what it began, where its secrets are there. */
export async function configuredProviders(config: Config): Promise<PaymentProviders> {
  const providers = [...sandboxOf(config), ...(await stripeOf(config))];
  const current = providers.find(({ name }) => name === config.PAYMENT_PROVIDER);
  if (current === undefined)
    throw new Error(`the payment provider ${config.PAYMENT_PROVIDER} has no secrets`);
  return paymentProviders(current, ...providers);
}

function sandboxOf(config: Config): PaymentProvider[] {
  if (!trustsSandbox(config)) return [];
  const { SANDBOX_URL: url, SANDBOX_API_KEY: apiKey, SANDBOX_WEBHOOK_SECRET: webhookSecret } = config;
  return [createSandboxProvider({ url, apiKey, webhookSecret })];
}

async function stripeOf({
  STRIPE_SECRET_KEY: secretKey,
  STRIPE_WEBHOOK_SECRET: webhookSecret,
}: Config): Promise<PaymentProvider[]> {
  if (secretKey === undefined || webhookSecret === undefined) return [];
  // Only where it is wanted: the library takes 30 MB and a fifth of a second.
  const { createStripeProvider } = await import("./stripe-provider.ts");
  return [createStripeProvider({ secretKey, webhookSecret })];
}

export function paymentProviders(
  current: PaymentProvider,
  ...others: readonly PaymentProvider[]
): PaymentProviders {
  const all = new Map(
    [current, ...others].map((provider) => [provider.name, keepingUnreadable(provider)] as const),
  );
  return { current, of: (name) => all.get(name) ?? absentProvider(name) };
}

/** Nothing can be asked of it, and nothing is believed that is said in its name. */
function absentProvider(name: ProviderName): PaymentProvider {
  const refuse = (): never => {
    throw new Error(`the payment provider ${name} is not configured`);
  };
  return {
    name,
    create: async () => refuse(),
    status: async () => refuse(),
    refund: async () => refuse(),
    chargedPayment: async () => refuse(),
    verifyWebhook: () => undefined,
    readWebhook: refuse,
  };
}
