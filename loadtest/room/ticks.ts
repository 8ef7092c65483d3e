/** How far one tick came: how many sockets have it, and when the first and the last got it. */
export type TickReach = { readonly sockets: number; readonly firstMs: number; readonly lastMs: number };

type Tick = {
  readonly id: string;
  readonly ordinal: number;
  sockets: number;
  firstMs: number;
  lastMs: number;
};
type Waiter = { readonly id: string; readonly sockets: number; resolve(): void };

export type Ticks = {
  /** A message of a socket, and the tick's id in it; the times of a tick are those of its first copy for each socket. */
  heard(socket: number, nowMs: number, bytes: Buffer, start: number, end: number): string | undefined;
  /** What is known when so many sockets have the tick, or after `withinMs`. */
  reach(id: string, sockets: number, withinMs: number): Promise<TickReach>;
};

/** `pattern` finds a tick's id (its first group) in a message. */
export function createTicks(pattern: RegExp, count: number): Ticks {
  const ticks = new Map<string, Tick>();
  const lastOrdinal = new Uint32Array(count);
  const waiters = new Set<Waiter>();
  let lastMessage = Buffer.alloc(0);
  let lastTick: Tick | undefined;
  const tickOf = (id: string): Tick => {
    const known = ticks.get(id);
    if (known !== undefined) return known;
    const tick = { id, ordinal: ticks.size + 1, sockets: 0, firstMs: Number.POSITIVE_INFINITY, lastMs: 0 };
    ticks.set(id, tick);
    return tick;
  };
  return {
    heard(socket, nowMs, bytes, start, end) {
      // All sockets get the same bytes, one after the other: the pattern runs once for each tick.
      if (bytes.compare(lastMessage, 0, lastMessage.length, start, end) !== 0) {
        lastMessage = Buffer.from(bytes.subarray(start, end));
        const id = pattern.exec(lastMessage.toString())?.[1];
        lastTick = id === undefined ? undefined : tickOf(id);
      }
      if (lastTick === undefined || lastOrdinal[socket] === lastTick.ordinal) return lastTick?.id;
      lastOrdinal[socket] = lastTick.ordinal;
      note(lastTick, nowMs);
      for (const waiter of waiters) if (ticks.get(waiter.id)?.sockets === waiter.sockets) waiter.resolve();
      return lastTick.id;
    },
    async reach(id, sockets, withinMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const tick = tickOf(id);
      const waiter = { id, sockets, resolve };
      const timer = setTimeout(resolve, withinMs);
      waiters.add(waiter);
      if (tick.sockets < sockets) await promise;
      waiters.delete(waiter);
      clearTimeout(timer);
      return { sockets: tick.sockets, firstMs: tick.firstMs, lastMs: tick.lastMs };
    },
  };
}

function note(tick: Tick, nowMs: number): void {
  tick.lastMs = nowMs;
  tick.firstMs = Math.min(tick.firstMs, tick.lastMs);
  tick.sockets += 1;
}
