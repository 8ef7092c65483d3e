import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import type { z } from "zod";
import { type Answer, paramNames, type Route, takesBody } from "../route.ts";
import type { Runtime } from "../runtime.ts";
import type { Buyer } from "../services.ts";
import { problemsOf, type Refusal } from "../wire/problem.ts";
import { authenticate } from "./authenticate.ts";
import { answer, closeExchange, type Exchange, openExchange, refuse } from "./exchange.ts";
import { codeOfFailure } from "./failure.ts";
import { framingProblem } from "./framing.ts";
import { parseBody } from "./parse-body.ts";
import { noBytes, readBody } from "./read-body.ts";
import { type RequestHeaders, readHeaders } from "./request-headers.ts";

type Params = { readonly [name: string]: string };
type Received = { readonly headers: RequestHeaders; readonly params: Params; readonly rawBody: Buffer };

const idempotencyKeyPattern = /^[A-Za-z0-9_-]{8,128}$/;

/** What uWebSockets.js calls for each request of the route. Everything of `req` is copied before this returns. */
export function serveRoute(
  runtime: Runtime,
  route: Route,
  head: boolean,
): (res: HttpResponse, req: HttpRequest) => void {
  const names = paramNames(route.path);
  const { bodyBytes, webhookBodyBytes, inFlightRequests } = runtime.bounds.http;
  const mostBytes = route.access === "webhook" ? webhookBodyBytes : bodyBytes;
  return (res, req) => {
    const exchange = openExchange(runtime, route.name, res, head);
    const headers = readHeaders(req);
    const problem = framingProblem(headers, takesBody(route));
    if (problem !== undefined) return refuseFraming(exchange, problem);
    if (runtime.inFlight > inFlightRequests) return refuseAtOnce(exchange, { refusal: "busy" });
    const params = readParams(req, names);
    if (!takesBody(route)) return void work(exchange, route, { headers, params, rawBody: noBytes });
    readBody(exchange, mostBytes, Number(headers.contentLength ?? 0), (rawBody) => {
      void work(exchange, route, { headers, params, rawBody });
    });
  };
}

function readParams(req: HttpRequest, names: readonly string[]): Params {
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) params[name] = req.getParameter(index) ?? "";
  return params;
}

/**
 * Answered a turn later: while an answer is due, uWebSockets.js ends a connection on which more comes, so bytes
 * that were smuggled behind this request are never read as a request (`framing.test.ts`).
 */
export function refuseFraming(exchange: Exchange, detail: string): void {
  setImmediate(() => {
    refuse(exchange, { refusal: "malformed_request", detail }, true);
    closeExchange(exchange);
  });
}

export function refuseAtOnce(exchange: Exchange, refusal: Refusal): void {
  refuse(exchange, refusal, true);
  closeExchange(exchange);
}

/** Never rejects: whatever is thrown becomes an answer and a line in the log. */
async function work(exchange: Exchange, route: Route, received: Received): Promise<void> {
  exchange.timer = setTimeout(giveUp, exchange.runtime.bounds.http.answerTimeoutMs, exchange);
  try {
    const result = await decide(exchange.runtime, route, received);
    if ("refusal" in result) refuse(exchange, result);
    else answer(exchange, result);
  } catch (failure) {
    const { requestId, name, runtime } = exchange;
    runtime.services.logger.error({ err: failure, requestId, route: name }, "a handler threw");
    refuse(exchange, { refusal: codeOfFailure(failure) });
  } finally {
    closeExchange(exchange);
  }
}

function giveUp(exchange: Exchange): void {
  refuse(exchange, { refusal: "unavailable", detail: "The answer did not come in time." });
}

async function decide(runtime: Runtime, route: Route, received: Received): Promise<Answer | Refusal> {
  const { services, sockets, bounds } = runtime;
  const { headers, params, rawBody } = received;
  const known = authenticate(
    route.access,
    headers,
    params["eventId"],
    services.tokens,
    bounds.http.headerValueChars,
  );
  if ("refusal" in known) return known;
  const refusal = paramsProblem(params, route.params) ?? keyProblem(headers, route);
  if (refusal !== undefined) return refusal;
  const parsed = route.access === "webhook" ? noParse : parseBody(rawBody, headers.contentType, route.body);
  if ("refusal" in parsed) return parsed;
  const buyer = known.buyer as Buyer;
  return route.handle({ services, sockets, params, body: parsed.body, headers, rawBody, buyer });
}

const noParse = { body: undefined };

function paramsProblem(params: Params, schema: z.ZodType): Refusal | undefined {
  const fitted = schema.safeParse(params);
  if (fitted.success) return undefined;
  return { refusal: "invalid_request", problems: problemsOf(fitted.error) };
}

function keyProblem({ idempotencyKey }: RequestHeaders, route: Route): Refusal | undefined {
  if (!route.idempotent) return undefined;
  if (idempotencyKey === undefined) return { refusal: "idempotency_key_missing" };
  if (idempotencyKeyPattern.test(idempotencyKey)) return undefined;
  const message = "must be 8 to 128 letters, digits, `-` or `_`";
  return { refusal: "invalid_request", problems: [{ path: "Idempotency-Key", message }] };
}
