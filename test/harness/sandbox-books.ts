/** The payment sandbox's own books: what it took and what it gave back. */
export type SandboxBooks = {
  /** Per currency, in minor units. */
  totals: {
    currency: string;
    payments: number;
    chargedMinor: string;
    refundedMinor: string;
    refundPendingMinor: string;
  }[];
  payments: {
    id: string;
    status: "pending" | "succeeded" | "failed" | "refunded";
    /** What was taken, which some behaviours make another amount than was asked for. */
    amountMinor: number;
    currency: string;
    reference: string;
    refundedMinor: number;
  }[];
  refunds: {
    id: string;
    paymentId: string;
    amountMinor: number;
    reference: string;
    status: "pending" | "succeeded" | "failed";
  }[];
  webhooksOnTheirWay: number;
};

type Summary = Pick<SandboxBooks, "totals" | "webhooksOnTheirWay">;
export type SandboxAddress = { readonly url: string; readonly apiKey: string };

/** All of them, page by page. */
export async function readSandboxBooks(sandbox: SandboxAddress): Promise<SandboxBooks> {
  const { totals, webhooksOnTheirWay } = await readSandboxTotals(sandbox);
  const payments = await readList<SandboxBooks["payments"][number]>(sandbox, "payments");
  const refunds = await readList<SandboxBooks["refunds"][number]>(sandbox, "refunds");
  return { totals, webhooksOnTheirWay, payments, refunds };
}

export function readSandboxTotals(sandbox: SandboxAddress): Promise<Summary> {
  return read<Summary>(sandbox, "/v1/books");
}

async function readList<Item>(sandbox: SandboxAddress, list: string): Promise<Item[]> {
  const all: Item[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const path = `/v1/books/${list}?from=${from}&limit=10000`;
    const page: { items: Item[]; next: number | null } = await read(sandbox, path);
    all.push(...page.items);
    from = page.next;
  }
  return all;
}

async function read<Body>({ url, apiKey }: SandboxAddress, path: string): Promise<Body> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status} to ${path}`);
  return (await answer.json()) as Body;
}
