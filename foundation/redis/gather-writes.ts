import type { Writable } from "node:stream";

/**
 * What is written in one turn of the event loop leaves in one write to the system, in its order; each command is
 * still its own (unlike the client's automatic pipelining, which answers for several at once). A busy gateway made
 * 20 writes a turn to Redis, each about eight microseconds of CPU.
 */
export function gatherWrites(stream: Writable): void {
  const write = stream.write;
  let isGathering = false;
  const release = () => {
    isGathering = false;
    stream.uncork();
  };
  stream.write = function gather(...args: unknown[]) {
    if (!isGathering) {
      isGathering = true;
      stream.cork();
      setImmediate(release);
    }
    return Reflect.apply(write, stream, args);
  };
}
