/** The time in milliseconds since 1970. Passed in everywhere, so that a test can hold it still. */
export type Clock = { now(): number };

export const systemClock: Clock = { now: () => Date.now() };
