import autocannon from "autocannon";

export type LoadOptions = { readonly seconds: number; readonly connections: number };
export type Measured = {
  readonly perSecond: number;
  /** Answered as asked. */
  readonly good: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
  readonly errors: number;
};

export type Request = {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
};

/** Bounded in time and connections; `next` makes each request, so that no two are the same. */
export async function measure(url: string, options: LoadOptions, next: () => Request): Promise<Measured> {
  const requests = [
    {
      method: "POST" as const,
      setupRequest: (request: autocannon.Request) => ({ ...request, ...next() }),
    },
  ];
  const result = await autocannon({
    url,
    connections: options.connections,
    duration: options.seconds,
    requests,
  });
  const answered = result.statusCodeStats ?? {};
  const count = (status: string) => (answered as Record<string, { count: number }>)[status]?.count ?? 0;
  const good = count("200") + count("201");
  const refused = count("409");
  const all = result.requests.total;
  return {
    perSecond: good / result.duration,
    good,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    refused,
    errors: result.errors + all - good - refused,
  };
}
