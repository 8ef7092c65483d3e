/** How often sockets are told something, and the longest that one of them heard nothing. */
export type Heard = { readonly messages: number; readonly widestGapMs: number };

export type Hearing = {
  opened(socket: number, nowMs: number): void;
  heard(socket: number, nowMs: number): void;
  /** Counts anew from here. */
  reset(nowMs: number): void;
  /** Of the sockets `from` up to but without `to`. */
  of(from: number, to: number, nowMs: number): Heard;
};

export function createHearing(count: number): Hearing {
  const messages = new Uint32Array(count);
  const lastMs = new Float64Array(count);
  const widestGapMs = new Float64Array(count);
  const gapOf = (socket: number, nowMs: number) =>
    Math.max(widestGapMs[socket] ?? 0, nowMs - (lastMs[socket] ?? 0));
  return {
    opened(socket, nowMs) {
      lastMs[socket] = nowMs;
    },
    heard(socket, nowMs) {
      messages[socket] = (messages[socket] ?? 0) + 1;
      widestGapMs[socket] = gapOf(socket, nowMs);
      lastMs[socket] = nowMs;
    },
    reset(nowMs) {
      messages.fill(0);
      widestGapMs.fill(0);
      lastMs.fill(nowMs);
    },
    of(from, to, nowMs) {
      let all = 0;
      let widest = 0;
      for (let socket = from; socket < Math.min(to, count); socket += 1) {
        all += messages[socket] ?? 0;
        widest = Math.max(widest, gapOf(socket, nowMs));
      }
      return { messages: all, widestGapMs: widest };
    },
  };
}
