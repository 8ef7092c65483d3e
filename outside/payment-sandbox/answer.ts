import type { IncomingMessage, ServerResponse } from "node:http";

export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly html?: string;
  readonly location?: string;
};

const bodyBytesMost = 16 * 1024;

export function problem(status: number, detail: string): Answer {
  return { status, body: { status, detail } };
}

export function send(response: ServerResponse, answer: Answer): void {
  const headers: Record<string, string> = {
    "content-type": answer.html === undefined ? "application/json" : "text/html; charset=utf-8",
    "content-security-policy":
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "cache-control": "no-store",
  };
  if (answer.location !== undefined) headers["location"] = answer.location;
  response.writeHead(answer.status, headers).end(answer.html ?? JSON.stringify(answer.body));
}

/** Nothing where the body is too large or no JSON object. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMost) return undefined;
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
