/** One promise of docs/invariants.md, held against the live system. */
export type Finding = {
  readonly invariant: number;
  readonly promise: string;
  /** How many things were looked at. */
  readonly checked: number;
  readonly violations: readonly string[];
};

export type Suspicion = {
  readonly checked: number;
  /** Each with a key, by which it is recognised when the same check looks again. */
  readonly suspects: ReadonlyMap<string, string>;
};

export type Check = {
  readonly invariant: number;
  readonly promise: string;
  look(): Promise<Suspicion>;
};

/**
 * A system that sells is between two steps somewhere at every moment. What looks wrong is looked at again, and
 * only what stays wrong is a violation.
 */
export async function runCheck(check: Check, pause: () => Promise<void>, looks: number): Promise<Finding> {
  let { checked, suspects } = await check.look();
  for (let look = 1; look < looks && suspects.size > 0; look += 1) {
    await pause();
    const again = await check.look();
    checked = again.checked;
    suspects = new Map([...again.suspects].filter(([key]) => suspects.has(key)));
  }
  return { invariant: check.invariant, promise: check.promise, checked, violations: [...suspects.values()] };
}

export function suspicion(
  checked: number,
  suspects: readonly (readonly [key: string, sentence: string])[],
): Suspicion {
  return { checked, suspects: new Map(suspects) };
}
