import { identityChars } from "../../foundation/ids.ts";

const prefix = "bench-room";

/** As long as a real one, and without the hashing that a session does once. */
export function identityAt(index: number): string {
  return `${prefix}${String(index).padStart(identityChars - prefix.length, "0")}`;
}

/** The same for redis-benchmark, which puts twelve digits in the place of the word. */
export const randomIdentity = `${prefix}__rand_int__`;
