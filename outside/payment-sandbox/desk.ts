import type { Faults } from "./faults.ts";
import type { Recorder } from "./recorder.ts";
import type { Shelf } from "./shelf.ts";

/** What every answer is made of. */
export type Desk = {
  readonly recorder: Recorder;
  readonly shelf: Shelf;
  readonly faults: Faults;
  readonly publicUrl: string;
  readonly apiKey: string;
  /** Whether amounts ask for behaviours. */
  readonly amountsSpeak: boolean;
  /** Calls that stumbled once, and may pass now. */
  readonly stumbled: Set<string>;
};

const stumbledMost = 100_000;

/** True for the first call of its kind with this key. */
export function stumbles({ stumbled }: Desk, kind: string, idempotencyKey: string): boolean {
  const call = `${kind} ${idempotencyKey}`;
  if (stumbled.has(call)) return false;
  if (stumbled.size >= stumbledMost) stumbled.clear();
  stumbled.add(call);
  return true;
}
