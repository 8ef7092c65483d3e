import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import type { z } from "zod";
import { type Answer, paramNames, type Route, takesBody } from "../route.ts";
import type { Runtime } from "../runtime.ts";
import type { Buyer } from "../services.ts";
import { problemsOf, type Refusal } from "../wire/problem.ts";
import { authenticateBuyer, deviceOf } from "./authenticate.ts";
import { answer, closeExchange, type Exchange, openExchange, refuse } from "./exchange.ts";
import { codeOfFailure } from "./failure.ts";
import { framingProblem } from "./framing.ts";
import { parseBody } from "./parse-body.ts";
import { parseQuery } from "./parse-query.ts";
import { noBytes, readBody } from "./read-body.ts";
import { addressOf, type RequestHeaders, readHeaders } from "./request-headers.ts";

type Params = { readonly [name: string]: string };
type Received = {
  readonly headers: RequestHeaders;
  readonly params: Params;
  readonly query: string;
  readonly rawBody: Buffer;
  /** As it came, without the query. */
  readonly path: string;
  readonly address: string;
};

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
    const path = req.getUrl();
    const query = req.getQuery() ?? "";
    const { limitedBy, needsAddress } = route;
    const isCounted = limitedBy !== undefined || needsAddress === true;
    const address = isCounted ? addressOf(runtime, res, headers) : "";
    const limited = limitedBy && runtime.guards.take(limitedBy, address);
    if (limited !== undefined) return refuseAtOnce(exchange, limited);
    const received = { headers, params, query, path, address };
    if (!takesBody(route)) return void work(exchange, route, { ...received, rawBody: noBytes });
    readBody(exchange, mostBytes, Number(headers.contentLength ?? 0), (rawBody) => {
      void work(exchange, route, { ...received, rawBody });
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
  const { headers, params, rawBody, address } = received;
  const known = await identify(runtime, route, received);
  if ("refusal" in known) return known;
  const refusal = paramsProblem(params, route.params) ?? keyProblem(headers, route);
  if (refusal !== undefined) return refusal;
  const parsed = route.access === "webhook" ? noParse : parseBody(rawBody, headers.contentType, route.body);
  if ("refusal" in parsed) return parsed;
  const asked = parseQuery(received.query, route.query);
  if ("refusal" in asked) return asked;
  const { services, connections, guards } = runtime;
  const call = { services, connections, guards, params, headers, rawBody, address };
  return route.handle({ ...call, ...parsed, ...asked, ...known });
}

type Known = { readonly buyer: Buyer; readonly jkt: string | undefined };
const nobody = undefined as unknown as Buyer;

/** Who calls, and whether they may. */
async function identify(runtime: Runtime, route: Route, received: Received): Promise<Known | Refusal> {
  const { headers, params, path } = received;
  const presented = { ...headers, method: route.method.toUpperCase(), path };
  if (route.access === "webhook") return { buyer: nobody, jkt: undefined };
  if (route.access === "public") {
    const device = route.asksForDevice === true ? deviceOf(runtime, presented) : { jkt: undefined };
    return "refusal" in device ? device : { buyer: nobody, jkt: device.jkt };
  }
  const known = authenticateBuyer(runtime, presented);
  if ("refusal" in known) return known;
  const refusal = await accessProblem(runtime, route, known.buyer, headers.pass, params["eventId"] ?? "");
  return refusal ?? { ...known, jkt: known.buyer.cnf?.jkt };
}

async function accessProblem(
  { passes }: Runtime,
  { access }: Route,
  buyer: Buyer,
  pass: string | undefined,
  eventId: string,
): Promise<Refusal | undefined> {
  if (access === "pass") return passes.problem(buyer, pass, eventId);
  if (access === "operator" && buyer.role === "buyer") return { refusal: "forbidden" };
  return undefined;
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
