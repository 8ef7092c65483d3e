import type { Clock } from "../../foundation/clock.ts";
import { addressKey } from "./address-key.ts";
import { createRateLimits, type RateLimits, type RateRule, type TakeOutcome } from "./rate-limits.ts";

/** The same for addresses of the network, in whatever spelling; `mostAddresses` of each kind. */
export type AddressLimits<Kind extends string> = { take(kind: Kind, address: string): TakeOutcome };

export function createAddressLimits<Kind extends string>(settings: {
  readonly clock: Clock;
  readonly rules: Readonly<Record<Kind, RateRule>>;
  readonly mostAddresses: number;
}): AddressLimits<Kind> {
  const { clock, rules, mostAddresses } = settings;
  const limits: RateLimits<Kind> = createRateLimits({ clock, rules, mostKeys: mostAddresses });
  return { take: (kind, address) => limits.take(kind, addressKey(address)) };
}
