/** How fast the watermark comes to a place with `ahead` numbers before it: 80% of the time between the two. */
export type SpeedAt = { readonly ahead: number; readonly slow: number; readonly fast: number };

/** Numbers per minute at a few depths, the nearest first. */
export type WaitSpeeds = readonly SpeedAt[];

export type WaitRange = { readonly fromSeconds: number; readonly untilSeconds: number };

/** The range that a place with `ahead` numbers before it is told. Between two depths the speed is interpolated. */
export function waitRangeOf(ahead: number, speeds: WaitSpeeds): WaitRange | undefined {
  const numbers = Math.max(1, ahead);
  const speed = speedAt(numbers, speeds);
  if (speed === undefined) return undefined;
  return readable((60 * numbers) / speed.fast, (60 * numbers) / speed.slow);
}

function speedAt(ahead: number, speeds: WaitSpeeds): SpeedAt | undefined {
  const next = speeds.findIndex((speed) => speed.ahead >= ahead);
  const far = next === -1 ? speeds.at(-1) : speeds[next];
  const near = speeds[next - 1];
  if (far === undefined || near === undefined) return far;
  const share = Math.log(ahead / near.ahead) / Math.log(far.ahead / near.ahead);
  return { ahead, slow: between(near.slow, far.slow, share), fast: between(near.fast, far.fast, share) };
}

const between = (near: number, far: number, share: number): number => near * (far / near) ** share;

/** A human way to say it: the finer, the nearer; never two equal ends, so never "0 to 0". */
function readable(from: number, until: number): WaitRange {
  const fromSeconds = rounded(from);
  const untilSeconds = rounded(until);
  if (untilSeconds > fromSeconds) return { fromSeconds, untilSeconds };
  const middle = Math.sqrt(from * until);
  const step = grain(middle);
  const below = Math.floor(middle / step) * step;
  return { fromSeconds: below, untilSeconds: below + step };
}

const rounded = (seconds: number): number => Math.round(seconds / grain(seconds)) * grain(seconds);

const grain = (seconds: number): number => (seconds < 60 ? 5 : seconds < 600 ? 30 : 60);
