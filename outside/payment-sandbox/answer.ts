import type { IncomingMessage, ServerResponse } from "node:http";

export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly html?: string;
  readonly location?: string;
};

/** `never`: the caller waits until it gives up. */
export type AnswerOrNever = Answer | "never";

const bodyBytesMost = 16 * 1024;
/** Whoever has not given up by then is cut off. */
const hungMsMost = 120_000;

export function problem(status: number, detail: string, code?: string): Answer {
  return { status, body: { status, ...(code !== undefined && { code }), detail } };
}

export function send(response: ServerResponse, answer: AnswerOrNever): void {
  if (answer === "never") return hang(response);
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

function hang(response: ServerResponse): void {
  const timer = setTimeout(() => response.destroy(), hungMsMost);
  response.once("close", () => clearTimeout(timer));
}

export type ReadOutcome =
  | { readonly outcome: "read"; readonly body: Readonly<Record<string, unknown>> }
  | { readonly outcome: "too_large" }
  | { readonly outcome: "malformed" };

export function readJson(request: IncomingMessage): Promise<ReadOutcome> {
  // Said before the body is read: leaving in its middle would break the connection instead of answering.
  if (Number(request.headers["content-length"] ?? 0) > bodyBytesMost)
    return Promise.resolve({ outcome: "too_large" });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bodyBytesMost) return resolve({ outcome: "too_large" });
      chunks.push(chunk);
    });
    request.once("end", () => resolve(parseObject(Buffer.concat(chunks).toString("utf8"))));
    request.once("error", reject);
  });
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
