import type { HttpResponse } from "uWebSockets.js";
import { errorTable } from "../../foundation/errors.ts";
import type { Answer, TextAnswer } from "../route.ts";
import type { Runtime } from "../runtime.ts";
import { problemView, type Refusal } from "../wire/problem.ts";
import type { Deadlines } from "./deadlines.ts";
import { responseHead } from "./response-head.ts";

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
  /** By when the body, or later the answer, is due. */
  deadlines: Deadlines<Exchange> | undefined;
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
    deadlines: undefined,
    onGone: undefined,
  };
  runtime.inFlight += 1;
  res.onAborted(() => {
    exchange.open = false;
    setDeadline(exchange, undefined);
    exchange.onGone?.();
  });
  return exchange;
}

/** From now on the exchange has the time that these give it, and no other. */
export function setDeadline(exchange: Exchange, deadlines: Deadlines<Exchange> | undefined): void {
  exchange.deadlines?.remove(exchange);
  exchange.deadlines = deadlines;
  deadlines?.add(exchange);
}

export function closeExchange(exchange: Exchange): void {
  setDeadline(exchange, undefined);
  if (!exchange.counted) return;
  exchange.counted = false;
  const { runtime } = exchange;
  runtime.inFlight -= 1;
  if (runtime.inFlight === 0) runtime.onIdle?.();
}

const jsonType = "application/json; charset=utf-8";
const problemType = "application/problem+json";

export function answer(exchange: Exchange, given: Answer | TextAnswer): void {
  if ("text" in given) {
    const { textStatus = 200, type = jsonType, headers, text } = given;
    return send(exchange, textStatus, type, headers, text, false);
  }
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
  const { res, runtime, requestId } = exchange;
  const head = responseHead({ status, requestId, securityLines: runtime.securityLines, type, headers });
  logAnswer(exchange, status);
  exchange.open = false;
  setDeadline(exchange, undefined);
  res.cork(() => {
    res.writeStatus(head);
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
