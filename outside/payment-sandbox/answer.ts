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
  if (answer.status === 413) headers["connection"] = "close";
  if (answer.location !== undefined) headers["location"] = answer.location;
  response.writeHead(answer.status, headers).end(answer.html ?? JSON.stringify(answer.body));
}

export type ReadOutcome =
  | { readonly outcome: "read"; readonly body: Readonly<Record<string, unknown>> }
  | { readonly outcome: "too_large" }
  | { readonly outcome: "malformed" };

export async function readJson(request: IncomingMessage): Promise<ReadOutcome> {
  // Said before the body is read: leaving in its middle would break the connection instead of answering.
  if (Number(request.headers["content-length"] ?? 0) > bodyBytesMost) return { outcome: "too_large" };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMost) return { outcome: "too_large" };
    chunks.push(chunk);
  }
  return parseObject(Buffer.concat(chunks).toString("utf8"));
}

function parseObject(text: string): ReadOutcome {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { outcome: "read", body: value as Record<string, unknown> } : { outcome: "malformed" };
  } catch {
    return { outcome: "malformed" };
  }
}
