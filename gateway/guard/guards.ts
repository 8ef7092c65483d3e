import type { Bounds } from "../bounds.ts";
import type { GatewayServices } from "../services.ts";
import type { Refusal } from "../wire/problem.ts";
import { addressKey } from "./address-key.ts";
import { createDeviceProofs, type DeviceProofs } from "./device-proof.ts";
import { createProofOfWork, type ProofOfWork } from "./proof-of-work.ts";
import { createRateLimits } from "./rate-limits.ts";

/** What is counted by address, and by identity. */
export type Limited = keyof Bounds["rates"];

/** What one gateway keeps against those who cheat; its memory is bounded. */
export type Guards = {
  readonly proofOfWork: ProofOfWork;
  readonly deviceProofs: DeviceProofs;
  /** Nothing, or the refusal of who does this too often. */
  take(kind: Limited, address: string): Refusal | undefined;
};

export function createGuards(
  { clock, guardSecret, publicUrl }: GatewayServices,
  { rates, rateKeys }: Pick<Bounds, "rates" | "rateKeys">,
): Guards {
  const limits = createRateLimits({ clock, rules: rates, mostKeys: rateKeys });
  return {
    proofOfWork: createProofOfWork({ secret: guardSecret, clock }),
    deviceProofs: createDeviceProofs({ clock, publicUrl }),
    take(kind, key) {
      const taken = limits.take(kind, kind === "joinsOfIdentity" ? key : addressKey(key));
      if (taken.outcome === "taken") return undefined;
      return { refusal: "too_many_requests", retryAfterSeconds: taken.retryAfterSeconds };
    },
  };
}
