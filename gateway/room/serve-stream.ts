import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import { closeExchange, type Exchange, openExchange, refuse } from "../http/exchange.ts";
import { codeOfFailure } from "../http/failure.ts";
import { framingProblem } from "../http/framing.ts";
import { addressOf, readHeaders } from "../http/request-headers.ts";
import { refuseAtOnce, refuseFraming } from "../http/serve-route.ts";
import type { Runtime } from "../runtime.ts";
import { admitToRoom, type OpenRequest } from "./open-room.ts";
import { newWaiter, type Waiter, type WaiterOf } from "./waiter.ts";

/** The room as server-sent events, for those without WebSocket: the same messages, one `data` line each. */
export function serveStream(runtime: Runtime): (res: HttpResponse, req: HttpRequest) => void {
  return (res, req) => {
    const exchange = openExchange(runtime, "streamRoom", res, false);
    const headers = readHeaders(req);
    const problem = framingProblem(headers, false);
    if (problem !== undefined) return refuseFraming(exchange, problem);
    if (runtime.inFlight > runtime.bounds.http.inFlightRequests || runtime.stopping)
      return refuseAtOnce(exchange, { refusal: "busy" });
    void work(exchange, {
      eventId: req.getParameter(0) ?? "",
      authorization: headers.authorization,
      receipt: headers.receipt,
      deviceProof: headers.deviceProof,
      origin: req.getHeader("origin"),
      address: addressOf(runtime, res, headers),
      path: req.getUrl(),
    });
  };
}

async function work(exchange: Exchange, request: OpenRequest): Promise<void> {
  const { runtime, requestId } = exchange;
  try {
    const decision = await admitToRoom(runtime, request);
    if ("refusal" in decision) refuse(exchange, decision);
    else begin(exchange, decision);
  } catch (failure) {
    runtime.services.logger.error({ err: failure, requestId, route: exchange.name }, "a handler threw");
    refuse(exchange, { refusal: codeOfFailure(failure) });
  } finally {
    closeExchange(exchange);
  }
}

/** From here on the connection is the room's: it is open until the client goes or the room says bye. */
function begin(exchange: Exchange, who: WaiterOf): void {
  if (!exchange.open) return;
  const { runtime, res } = exchange;
  exchange.open = false;
  const waiter = newWaiter(who);
  exchange.onGone = () => {
    waiter.open = false;
    runtime.connections.forget(waiter);
  };
  waiter.stream = res;
  res.cork(() => {
    res.writeStatus("200 OK");
    res.writeHeader("Content-Type", "text/event-stream");
    res.writeHeader("Cache-Control", "no-store");
    res.writeHeader("Request-Id", exchange.requestId);
    for (const [name, value] of runtime.securityHeaders) res.writeHeader(name, value);
    res.write(": onsale\n\n");
  });
  keepAlive(runtime, waiter);
  void runtime.connections.welcome(waiter);
}

/** Proxies end a stream on which nothing comes for long. */
function keepAlive({ bounds, connections }: Runtime, waiter: Waiter): void {
  const timer = setInterval(() => {
    if (waiter.open) waiter.stream?.cork(() => waiter.stream?.write(": \n\n"));
    else end();
  }, bounds.socket.idleSeconds * 500);
  const end = () => {
    clearInterval(timer);
    connections.forget(waiter);
  };
}
