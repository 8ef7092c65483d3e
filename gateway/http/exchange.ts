import type { HttpResponse } from "uWebSockets.js";
import { STATUS_CODES } from "node:http";
import { errorTable } from "../../foundation/errors.ts";
import type { Answer, TextAnswer } from "../route.ts";
import type { Runtime } from "../runtime.ts";
import { problemView, type Refusal } from "../wire/problem.ts";

/**
 * One request and its answer. `open` ends with the answer or when the client goes; after that `res` must not be
 * touched any more (uWebSockets.js throws). The exchange counts as in flight until its work has ended, which
 * can be after its answer.
 */
export type Exchange = {
  readonly runtime: Runtime;
  readonly res: HttpResponse;
  readonly name: string;
  readonly requestId: string;
  readonly startedAtMs: number;
  /** HEAD: the headers of the answer without its body. */
  readonly head: boolean;
  open: boolean;
  counted: boolean;
  timer: NodeJS.Timeout | undefined;
  onGone: (() => void) | undefined;
};

export function openExchange(runtime: Runtime, name: string, res: HttpResponse, head: boolean): Exchange {
  const exchange: Exchange = {
    runtime,
    res,
    name,
    requestId: runtime.requestIds(),
    startedAtMs: runtime.services.clock.now(),
    head,
    open: true,
    counted: true,
    timer: undefined,
    onGone: undefined,
  };
  runtime.inFlight += 1;
  res.onAborted(() => {
    exchange.open = false;
    exchange.onGone?.();
  });
  return exchange;
}

export function closeExchange(exchange: Exchange): void {
  clearTimeout(exchange.timer);
  if (!exchange.counted) return;
  exchange.counted = false;
  const { runtime } = exchange;
  runtime.inFlight -= 1;
  if (runtime.inFlight === 0) runtime.onIdle?.();
}

const statusLines = new Map(
  Object.entries(STATUS_CODES).map(([status, reason]) => [Number(status), `${status} ${reason}`]),
);
const jsonType = "application/json; charset=utf-8";
const problemType = "application/problem+json";
export const apiContentPolicy = "default-src 'none'; frame-ancestors 'none'";

export function answer(exchange: Exchange, given: Answer | TextAnswer): void {
  if ("text" in given) return send(exchange, 200, jsonType, given.headers, given.text, false);
  const { status, headers, body } = given;
  const text = body === undefined ? "" : JSON.stringify(body);
  send(exchange, status, body === undefined ? undefined : jsonType, headers ?? {}, text, false);
}

/** RFC 9449 §7.1: which proofs are understood. */
const proofChallenge = { "WWW-Authenticate": 'DPoP algs="ES256"' };

/** `ending` closes the connection: where what follows on it cannot be trusted or is not wanted. */
export function refuse(exchange: Exchange, refusal: Refusal, ending = false, headers = {}): void {
  const { runtime, requestId } = exchange;
  const problem = problemView(refusal, runtime.publicUrl, requestId);
  const seconds = refusal.retryAfterSeconds ?? runtime.bounds.http.retryAfterSeconds;
  const mayWait = problem.status === 503 || problem.status === 429;
  const extra = {
    ...headers,
    ...(mayWait ? { "Retry-After": String(seconds) } : {}),
    ...(refusal.refusal.startsWith("device_proof_") ? proofChallenge : {}),
  };
  logRefusal(exchange, problem.status, refusal);
  send(exchange, problem.status, problemType, extra, JSON.stringify(problem), ending);
}

function logRefusal(
  { runtime, name, requestId }: Exchange,
  status: number,
  { refusal, detail }: Refusal,
): void {
  const { logger } = runtime.services;
  const what = { requestId, route: name, status, code: refusal, detail };
  if (status === errorTable.internal.status) logger.error(what, "a request failed");
  else if (status >= 500) logger.warn(what, "a request was turned away");
}

function logAnswer({ runtime, name, requestId, startedAtMs }: Exchange, status: number): void {
  const { logger, clock } = runtime.services;
  // Asked first: at other levels this must cost nothing for each request.
  if (!logger.isLevelEnabled("debug")) return;
  logger.debug({ requestId, route: name, status, ms: clock.now() - startedAtMs }, "answered");
}

export function send(
  exchange: Exchange,
  status: number,
  type: string | undefined,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  ending: boolean,
): void {
  if (!exchange.open) return;
  assertSafe(headers);
  logAnswer(exchange, status);
  exchange.open = false;
  clearTimeout(exchange.timer);
  const { res, runtime } = exchange;
  res.cork(() => {
    res.writeStatus(statusLines.get(status) ?? String(status));
    writeHeaders(exchange, type, headers);
    const close = ending || runtime.stopping;
    if (exchange.head || status === 304 || status === 204) endWithout(exchange, status, body, close);
    else res.end(body, close);
  });
}

function endWithout({ res }: Exchange, status: number, body: string | Uint8Array, close: boolean): void {
  // 204 has no length by RFC 9110; uWebSockets.js writes none where none is given.
  if (status === 204) res.endWithoutBody(undefined, close);
  else res.endWithoutBody(Buffer.byteLength(body), close);
}

function writeHeaders(
  { res, runtime, requestId }: Exchange,
  type: string | undefined,
  headers: Readonly<Record<string, string>>,
): void {
  res.writeHeader("Request-Id", requestId);
  if (type !== undefined) res.writeHeader("Content-Type", type);
  for (const [name, value] of runtime.securityHeaders) res.writeHeader(name, value);
  if (headers["Cache-Control"] === undefined) res.writeHeader("Cache-Control", "no-store");
  if (headers["Content-Security-Policy"] === undefined)
    res.writeHeader("Content-Security-Policy", apiContentPolicy);
  for (const name in headers) res.writeHeader(name, headers[name] as string);
}

/** uWebSockets.js writes what it is given: a line break would begin a header of somebody else's choice. */
function assertSafe(headers: Readonly<Record<string, string>>): void {
  for (const name in headers)
    if (/[^\t\x20-\x7e]/.test(headers[name] as string))
      throw new Error(`the header ${name} holds a character that headers cannot`);
}
