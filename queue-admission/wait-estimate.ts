import type { Speeds } from "./room.ts";
export type WaitEstimate = ReturnType<typeof createWaitEstimate>;
export function createWaitEstimate(_: { ratePerMinute: number }) {
  return {
    observe(_: { nowMs: number; servedUpTo: number; lastNumber: number; state: string }): void {},
    speeds: (): Speeds | undefined => undefined,
    accuracy: () => ({ measured: 0, inside: 0, early: 0, late: 0 }),
    save: () => "",
    restore(_: string): void {},
    setRate(_: number): void {},
  };
}
