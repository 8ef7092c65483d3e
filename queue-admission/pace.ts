export type PaceState = { readonly ratePerMinute: number; readonly changedAtMs: number; readonly cutAtMs: number };
export function nextPace(current: PaceState, _health: unknown, _settings: unknown, _nowMs: number): PaceState {
  return current;
}
