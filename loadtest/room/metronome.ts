const beatMs = 50;

/** How far this machine is behind: the most that a process with nothing to do waited for its own timer. */
export function startMetronome(): { stop(): number } {
  let [dueMs, latestMs] = [performance.now() + beatMs, 0];
  const timer = setInterval(() => {
    const nowMs = performance.now();
    latestMs = Math.max(latestMs, nowMs - dueMs);
    dueMs = nowMs + beatMs;
  }, beatMs);
  return {
    stop() {
      clearInterval(timer);
      return latestMs;
    },
  };
}
