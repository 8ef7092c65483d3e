/** One clock for all processes of a machine, which nobody sets: a time of one can be taken from a time of another. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
