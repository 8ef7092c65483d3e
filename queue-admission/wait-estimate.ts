import { createWaitProbes, type WaitAccuracy } from "./wait-probes.ts";
import { type SpeedAt, waitRangeOf, type WaitSpeeds } from "./wait-range.ts";
import { createWaitWidths, type WaitWidths } from "./wait-widths.ts";
import { createWatermarkFlow, type WaitObservation, type WatermarkFlow } from "./watermark-flow.ts";

export type { WaitObservation } from "./watermark-flow.ts";

export type WaitEstimate = {
  /** What a step of the room showed; to be called with each. */
  observe(seen: WaitObservation): void;
  /** The operator has set another rate. An automatic pace is not told: it is observed. */
  setRate(ratePerMinute: number): void;
  /** What the gateways make ranges of; nothing until something is known. */
  speeds(): WaitSpeeds | undefined;
  /** How often what was said came true. */
  accuracy(): WaitAccuracy;
};

const depths = [10, 100, 1_000, 10_000, 100_000] as const;

export function createWaitEstimate(settings: { readonly ratePerMinute?: number } = {}): WaitEstimate {
  const flow = createWatermarkFlow(settings.ratePerMinute);
  const widths = createWaitWidths();
  const probes = createWaitProbes();
  let last: WaitObservation | undefined;
  return {
    observe(seen) {
      flow.observe(seen);
      last = seen;
      for (const { expectedMs, paused, outcome, weight } of probes.passed(seen))
        widths.learn(expectedMs, paused, outcome, weight);
      if (probes.due(seen)) {
        const speeds = speedsOf(flow, widths, seen.nowMs);
        if (speeds !== undefined)
          probes.place(
            seen,
            (ahead) => flow.expectedMs(ahead, seen.nowMs) ?? 0,
            (ahead) => waitRangeOf(ahead, speeds),
          );
      }
    },
    setRate: flow.setRate,
    speeds: () => speedsOf(flow, widths, last?.nowMs ?? 0),
    accuracy: probes.accuracy,
  };
}

function speedsOf(flow: WatermarkFlow, widths: WaitWidths, nowMs: number): WaitSpeeds | undefined {
  const paused = flow.pausedForMs(nowMs) !== undefined;
  const speeds: SpeedAt[] = [];
  for (const ahead of depths) {
    const expectedMs = flow.expectedMs(ahead, nowMs);
    if (expectedMs === undefined) return undefined;
    const { early, late } = widths.at(expectedMs, paused, flow.watchedMs());
    const perMinute = (60_000 * ahead) / expectedMs;
    speeds.push({ ahead, slow: perMinute * Math.exp(-late), fast: perMinute * Math.exp(early) });
  }
  return speeds;
}
