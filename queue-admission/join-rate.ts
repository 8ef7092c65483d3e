/** How many join in a second, from the count of all who ever joined. Remembers the peaks of the last minutes. */
export function createJoinRate() {
  const windowMs = 1_000;
  let startMs: number | undefined;
  let startCount = 0;
  let current = 0;
  const peaks: { atMs: number; perSecond: number }[] = [];
  const peaksMost = 120;

  return {
    observe(nowMs: number, count: number): void {
      if (startMs === undefined || count < startCount) {
        startMs = nowMs;
        startCount = count;
      }
      const elapsedMs = nowMs - startMs;
      if (elapsedMs < windowMs) return;
      current = ((count - startCount) * 1_000) / elapsedMs;
      startMs = nowMs;
      startCount = count;
      peaks.push({ atMs: nowMs, perSecond: current });
      if (peaks.length > peaksMost) peaks.shift();
    },
    perSecond: () => current,
    peakSince: (sinceMs: number) =>
      peaks.reduce((most, { atMs, perSecond }) => (atMs >= sinceMs ? Math.max(most, perSecond) : most), 0),
  };
}
