/** Faults at random, for load: each is a share between 0 and 1 of the webhooks or calls. */
export type FaultMix = {
  readonly seed: number;
  readonly webhooksDuplicated: number;
  readonly webhooksDelayed: number;
  /** The longest of those delays. */
  readonly webhookDelayMsMost: number;
  readonly webhooksLost: number;
  readonly webhooksForgedFirst: number;
  readonly webhooksUnknownFirst: number;
  readonly webhooksOutOfOrder: number;
  /** Of the merchant's calls: answered 500, never answered and without effect, never answered but with effect. */
  readonly callsBroken: number;
  readonly callsHung: number;
  readonly callsAnswerLost: number;
};

export type WebhookFaults = {
  readonly isDuplicated: boolean;
  readonly delayMs: number;
  readonly isLost: boolean;
  readonly isForgedFirst: boolean;
  readonly isUnknownFirst: boolean;
  readonly isHeldBack: boolean;
};

export type CallFault = "none" | "broken" | "hung" | "answer_lost";

export type Faults = {
  readonly mix: () => FaultMix;
  /** How many of each there were since the mix was set. */
  readonly counts: () => Readonly<Record<string, number>>;
  set(mix: FaultMix): void;
  drawWebhook(): WebhookFaults;
  drawCall(): CallFault;
};

export const noFaults: FaultMix = {
  seed: 1,
  webhooksDuplicated: 0,
  webhooksDelayed: 0,
  webhookDelayMsMost: 1_000,
  webhooksLost: 0,
  webhooksForgedFirst: 0,
  webhooksUnknownFirst: 0,
  webhooksOutOfOrder: 0,
  callsBroken: 0,
  callsHung: 0,
  callsAnswerLost: 0,
};

/** The n-th webhook and the n-th call meet the same with the same seed. */
export function createFaults(first: FaultMix): Faults {
  let mix = first;
  let webhookDraws = randomNumbers(mix.seed);
  let callDraws = randomNumbers(mix.seed + 1);
  let counts: Record<string, number> = {};
  const note = (name: string, happens: boolean) => {
    if (happens) counts[name] = (counts[name] ?? 0) + 1;
    return happens;
  };
  const meets = (name: Exclude<keyof FaultMix, "seed" | "webhookDelayMsMost">, drawn: () => number) =>
    note(name, drawn() < mix[name]);
  return {
    mix: () => mix,
    counts: () => counts,
    set(next) {
      mix = next;
      webhookDraws = randomNumbers(mix.seed);
      callDraws = randomNumbers(mix.seed + 1);
      counts = {};
    },
    drawWebhook: () => ({
      isDuplicated: meets("webhooksDuplicated", webhookDraws),
      delayMs:
        Math.floor(webhookDraws() * mix.webhookDelayMsMost) * Number(meets("webhooksDelayed", webhookDraws)),
      isLost: meets("webhooksLost", webhookDraws),
      isForgedFirst: meets("webhooksForgedFirst", webhookDraws),
      isUnknownFirst: meets("webhooksUnknownFirst", webhookDraws),
      isHeldBack: meets("webhooksOutOfOrder", webhookDraws),
    }),
    drawCall() {
      const [isBroken, isHung, isLost] = [
        meets("callsBroken", callDraws),
        meets("callsHung", callDraws),
        meets("callsAnswerLost", callDraws),
      ];
      if (isBroken) return "broken";
      if (isHung) return "hung";
      return isLost ? "answer_lost" : "none";
    },
  };
}

/** What is not named stays without faults. Nothing where a name or a value is not known. */
export function readFaultMix(wanted: Readonly<Record<string, unknown>>): FaultMix | undefined {
  const entries = Object.entries(wanted);
  return entries.every(([name, value]) => isSetting(name, value)) ? { ...noFaults, ...wanted } : undefined;
}

function isSetting(name: string, value: unknown): boolean {
  if (!Object.hasOwn(noFaults, name) || typeof value !== "number" || !(value >= 0)) return false;
  if (name === "seed") return Number.isSafeInteger(value);
  return name === "webhookDelayMsMost" ? value <= 600_000 : value <= 1;
}

/** Mulberry32: numbers from 0 up to 1 that the seed decides. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
