export type HealthWindow = { record(ms: number, ok: boolean): void; snapshot(nowMs: number): string };
export function createHealthWindow(): HealthWindow {
  return { record() {}, snapshot: () => "" };
}
export function mergeHealth(_: readonly string[]) {
  return { p99Ms: 0, errorShare: 0, samples: 0 };
}
