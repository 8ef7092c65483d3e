import { STATUS_CODES } from "node:http";

const statusLines = new Map(
  Object.entries(STATUS_CODES).map(([status, reason]) => [Number(status), `${status} ${reason}`]),
);
export const apiContentPolicy = "default-src 'none'; frame-ancestors 'none'";

type Headers = Readonly<Record<string, string>>;

export type Head = {
  readonly status: number;
  readonly requestId: string;
  /** As `headerLines` writes them. */
  readonly securityLines: string;
  readonly type: string | undefined;
  readonly headers: Headers;
};

/**
 * The status and all headers as one text, which uWebSockets.js takes as the status: it writes what it is given. One
 * call instead of ten, and with `deadlines.ts`: 8 µs less CPU of a request (46 to 38, the gateway alone).
 */
export function responseHead({ status, requestId, securityLines, type, headers }: Head): string {
  const ofType = type === undefined ? "" : `\r\nContent-Type: ${type}`;
  const cache = headers["Cache-Control"] === undefined ? "\r\nCache-Control: no-store" : "";
  const policy = headers["Content-Security-Policy"] === undefined ? policyLine : "";
  const fixed = `${statusLines.get(status) ?? status}${ofType}${cache}${policy}${securityLines}`;
  return `${fixed}\r\nRequest-Id: ${requestId}${headerLines(headers)}`;
}

const policyLine = `\r\nContent-Security-Policy: ${apiContentPolicy}`;

/** Each behind a line break. Whatever could begin a header of somebody else's choice is refused. */
export function headerLines(headers: Headers): string {
  let lines = "";
  for (const name in headers) {
    const value = headers[name] as string;
    if (/[^\t\x20-\x7e]/.test(value))
      throw new Error(`the header ${name} holds a character that headers cannot`);
    lines += `\r\n${name}: ${value}`;
  }
  return lines;
}
