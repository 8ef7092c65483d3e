import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import type { z } from "zod";
import type { Door } from "../../booking-core/doors/scan.ts";
import { unknownAddress } from "../guard/address-key.ts";
import { type Answer, paramNames, type Route, type TextAnswer, takesBody } from "../route.ts";
import type { Runtime } from "../runtime.ts";
import type { Buyer } from "../services.ts";
import { problemsOf, type Refusal } from "../wire/problem.ts";
import { authenticateBuyer, authenticateDoor, deviceOf } from "./authenticate.ts";
import { answer, closeExchange, type Exchange, openExchange, refuse, setDeadline } from "./exchange.ts";
import type { ExchangeDeadlines } from "./exchange-deadlines.ts";
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
  /** As it came, without the query; nothing where no proof of a device speaks of it. */
  readonly path: string;
  readonly address: () => string;
};

const idempotencyKeyPattern = /^[A-Za-z0-9_-]{8,128}$/;

/** What uWebSockets.js calls for each request of the route. Everything of `req` is copied before this returns. */
export function serveRoute(
  runtime: Runtime,
  route: Route,
  deadlines: ExchangeDeadlines,
  head: boolean,
): (res: HttpResponse, req: HttpRequest) => void {
  const names = paramNames(route.path);
  const { bodyBytes, webhookBodyBytes, inFlightRequests } = runtime.bounds.http;
  const mostBytes = route.bodyBytes ?? (route.access === "webhook" ? webhookBodyBytes : bodyBytes);
  return (res, req) => {
    const exchange = openExchange(runtime, route.name, res, head);
    const headers = readHeaders(req);
    const problem = framingProblem(headers, takesBody(route));
    if (problem !== undefined) return refuseFraming(exchange, problem);
    if (runtime.inFlight > inFlightRequests) return refuseAtOnce(exchange, { refusal: "busy" });
    const params = readParams(req, names);
    const path = headers.deviceProof === undefined ? "" : req.getUrl();
    const query = route.query === undefined ? "" : (req.getQuery() ?? "");
    const address = () => (exchange.open ? addressOf(runtime, res, headers) : unknownAddress);
    const limited = route.limitedBy && runtime.guards.take(route.limitedBy, address());
    if (limited !== undefined) return refuseAtOnce(exchange, limited);
    const begin = (rawBody: Buffer) => {
      setDeadline(exchange, deadlines.answer);
      work(exchange, route, { headers, params, query, path, address, rawBody });
    };
    if (!takesBody(route)) return begin(noBytes);
    readBody(exchange, mostBytes, Number(headers.contentLength ?? 0), deadlines.body, begin);
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

/** Never rejects: whatever is thrown becomes an answer and a line in the log. Waits only where there is something to wait for. */
function work(exchange: Exchange, route: Route, received: Received): void {
  try {
    const result = decide(exchange.runtime, route, received);
    if (!(result instanceof Promise)) return finish(exchange, result);
    result.then((late) => finish(exchange, late)).catch((failure: unknown) => fail(exchange, failure));
  } catch (failure) {
    fail(exchange, failure);
  }
}

function finish(exchange: Exchange, result: Answer | TextAnswer | Refusal): void {
  if ("refusal" in result) refuse(exchange, result);
  else answer(exchange, result);
  closeExchange(exchange);
}

function fail(exchange: Exchange, failure: unknown): void {
  const { requestId, name, runtime } = exchange;
  runtime.services.logger.error({ err: failure, requestId, route: name }, "a handler threw");
  refuse(exchange, { refusal: codeOfFailure(failure) });
  closeExchange(exchange);
}

type Maybe<Value> = Value | Promise<Value>;

function decide(runtime: Runtime, route: Route, received: Received): Maybe<Answer | TextAnswer | Refusal> {
  const known = identify(runtime, route, received);
  if (known instanceof Promise) return known.then((late) => handle(runtime, route, received, late));
  return handle(runtime, route, received, known);
}

function handle(
  { services, connections, guards, sheets }: Runtime,
  route: Route,
  { headers, params, query: text, rawBody, address }: Received,
  known: Known | Refusal,
): Maybe<Answer | TextAnswer | Refusal> {
  if ("refusal" in known) return known;
  const refusal = paramsProblem(params, route.params) ?? keyProblem(headers, route);
  if (refusal !== undefined) return refusal;
  const parsed = route.access === "webhook" ? noParse : parseBody(rawBody, headers.contentType, route.body);
  if ("refusal" in parsed) return parsed;
  const asked = parseQuery(text, route.query);
  if ("refusal" in asked) return asked;
  const { body } = parsed;
  const { query } = asked;
  const { buyer, door, jkt } = known;
  const request = { params, query, body, headers, rawBody, address, buyer, door, jkt };
  return route.handle({ services, connections, guards, sheets, ...request });
}

type Known = { readonly buyer: Buyer; readonly door: Door; readonly jkt: string | undefined };
const nobody: Known = {
  buyer: undefined as unknown as Buyer,
  door: undefined as unknown as Door,
  jkt: undefined,
};

/** Who calls, and whether they may. */
function identify(runtime: Runtime, route: Route, received: Received): Maybe<Known | Refusal> {
  const { access } = route;
  if (access === "webhook") return nobody;
  const { headers, params, path } = received;
  const { authorization, deviceProof } = headers;
  const presented = { authorization, deviceProof, method: route.method.toUpperCase(), path };
  if (access === "public") {
    const device = route.asksForDevice === true ? deviceOf(runtime, presented) : nobody;
    return "refusal" in device ? device : { ...nobody, jkt: device.jkt };
  }
  if (access === "door") return identifyDoor(runtime, authorization, params["eventId"] ?? "");
  const caller = authenticateBuyer(runtime, presented);
  if ("refusal" in caller) return caller;
  const { buyer } = caller;
  const known = { ...nobody, buyer, jkt: buyer.cnf?.jkt };
  if (access === "operator" && buyer.role === "buyer") return { refusal: "forbidden" };
  if (access === "admin" && buyer.role !== "admin") return { refusal: "forbidden" };
  if (access !== "pass") return known;
  const problem = runtime.passes.problem(buyer, headers.pass, params["eventId"] ?? "");
  return problem instanceof Promise ? problem.then((late) => late ?? known) : (problem ?? known);
}

function identifyDoor(
  runtime: Runtime,
  authorization: string | undefined,
  eventId: string,
): Maybe<Known | Refusal> {
  const door = authenticateDoor(runtime, authorization, eventId);
  const known = (found: Door | Refusal) => ("refusal" in found ? found : { ...nobody, door: found });
  return door instanceof Promise ? door.then(known) : known(door);
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
