import type { HttpRequest, HttpResponse, us_socket_context_t } from "uWebSockets.js";
import { closeExchange, type Exchange, openExchange, refuse } from "../http/exchange.ts";
import { codeOfFailure } from "../http/failure.ts";
import { framingProblem } from "../http/framing.ts";
import { addressOf, readHeaders } from "../http/request-headers.ts";
import { refuseAtOnce, refuseFraming } from "../http/serve-route.ts";
import type { Runtime } from "../runtime.ts";
import type { Refusal } from "../wire/problem.ts";
import { admitToLive, type LiveRequest } from "./open-live.ts";
import { newWatcher, type OfWatcher, type Watcher, type WatcherOf } from "./watcher.ts";

const tooMany: Refusal = { refusal: "busy", detail: "There are too many connections." };

type Begin = (exchange: Exchange, who: WatcherOf) => void;

/** The live seats as server-sent events: the same messages, one `data` line each. */
export function serveLiveStream(runtime: Runtime): (res: HttpResponse, req: HttpRequest) => void {
  return (res, req) => {
    const exchange = openExchange(runtime, "streamSeats", res, false);
    serve(exchange, req, false, beginStream);
  };
}

export function serveLiveUpgrade(
  runtime: Runtime,
): (res: HttpResponse, req: HttpRequest, context: us_socket_context_t) => void {
  return (res, req, context) => {
    const exchange = openExchange(runtime, "openSeats", res, false);
    const key = req.getHeader("sec-websocket-key");
    const protocol = req.getHeader("sec-websocket-protocol");
    const extensions = req.getHeader("sec-websocket-extensions");
    serve(exchange, req, true, ({ res: opened }, who) => {
      const ofSocket: OfWatcher = { watcher: newWatcher(who) };
      opened.cork(() => opened.upgrade(ofSocket, key, protocol, extensions, context));
    });
  };
}

function serve(exchange: Exchange, req: HttpRequest, isUpgrade: boolean, begin: Begin): void {
  const { runtime, res } = exchange;
  const headers = readHeaders(req);
  const problem = framingProblem(headers, false);
  if (problem !== undefined) return refuseFraming(exchange, problem);
  if (runtime.inFlight > runtime.bounds.http.inFlightRequests || runtime.stopping)
    return refuseAtOnce(exchange, { refusal: "busy" });
  const request = {
    eventId: req.getParameter(0) ?? "",
    chosen: req.getQuery("sections"),
    origin: req.getHeader("origin"),
    address: addressOf(runtime, res, headers),
  };
  void work(exchange, request, isUpgrade, begin);
}

/** A connection that was to become a WebSocket ends with its refusal. */
async function work(
  exchange: Exchange,
  request: LiveRequest,
  isUpgrade: boolean,
  begin: Begin,
): Promise<void> {
  const { runtime, requestId } = exchange;
  try {
    const decision = await admitToLive(runtime, request);
    if ("refusal" in decision) return refuse(exchange, decision, isUpgrade);
    if (!exchange.open) return;
    // Asked at the last moment: many may have been admitted together.
    if (!runtime.maps.hasSpace(decision.addressKey)) return refuse(exchange, tooMany, isUpgrade);
    exchange.open = false;
    begin(exchange, decision);
  } catch (failure) {
    runtime.services.logger.error({ err: failure, requestId, route: exchange.name }, "a handler threw");
    refuse(exchange, { refusal: codeOfFailure(failure) }, isUpgrade);
  } finally {
    closeExchange(exchange);
  }
}

function beginStream(exchange: Exchange, who: WatcherOf): void {
  const { runtime, res } = exchange;
  const watcher = newWatcher(who);
  watcher.stream = res;
  const timer = keepAlive(runtime, watcher);
  watcher.onEnd = () => {
    clearInterval(timer);
    runtime.maps.forget(watcher);
  };
  exchange.onGone = () => {
    watcher.open = false;
    watcher.onEnd?.();
  };
  res.cork(() => {
    res.writeStatus("200 OK");
    res.writeHeader("Content-Type", "text/event-stream");
    res.writeHeader("Cache-Control", "no-store");
    res.writeHeader("Request-Id", exchange.requestId);
    for (const [name, value] of runtime.securityHeaders) res.writeHeader(name, value);
    res.write(": onsale\n\n");
  });
  void runtime.maps.welcome(watcher);
}

/** Proxies end a stream on which nothing comes for long. */
function keepAlive({ bounds }: Runtime, { stream }: Watcher): NodeJS.Timeout {
  const write = () => stream?.cork(() => stream.write(": \n\n"));
  return setInterval(write, bounds.socket.idleSeconds * 500);
}
