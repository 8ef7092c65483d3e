/** What the mail server does on demand, as the recipient's address says it. */
export type Fault =
  /** Answers this instead of taking the recipient. */
  | { readonly kind: "refuse"; readonly code: number }
  /** Answers this instead of taking the message. */
  | { readonly kind: "reject"; readonly code: number }
  /** Takes the message, and says so only after a while. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Takes the message, and breaks the connection off instead of saying so. */
  | { readonly kind: "drop" };

export type Faults = { next(address: string): Fault | undefined };

/**
 * `refuse-550@`, `reject-451@`, `delay-2000@`, `drop@`; with `.times-2` only the first two times, and whatever stands
 * behind a further dot makes addresses differ: `refuse-450.times-1.ada@onsale.example`.
 */
export function createFaults(): Faults {
  const times = new Map<string, number>();
  return {
    next(address) {
      const fault = faultOf(address);
      if (fault === undefined) return undefined;
      const seen = (times.get(address) ?? 0) + 1;
      times.set(address, seen);
      const most = /\.times-(\d{1,3})[.@]/.exec(address)?.[1];
      return most === undefined || seen <= Number(most) ? fault : undefined;
    },
  };
}

export function faultOf(address: string): Fault | undefined {
  const [, kind, number = "0"] = /^(refuse|reject|delay|drop)(?:-(\d{1,5}))?[.@]/.exec(address) ?? [];
  switch (kind) {
    case "refuse":
    case "reject":
      return { kind, code: Number(number) };
    case "delay":
      return { kind, delayMs: Number(number) };
    case "drop":
      return { kind };
    default:
      return undefined;
  }
}
