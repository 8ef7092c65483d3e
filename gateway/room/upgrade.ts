import type { HttpRequest, HttpResponse, us_socket_context_t } from "uWebSockets.js";
import { type EventId, isUuid } from "../../foundation/ids.ts";
import { authenticateBuyer } from "../http/authenticate.ts";
import { closeExchange, type Exchange, openExchange, refuse } from "../http/exchange.ts";
import { codeOfFailure } from "../http/failure.ts";
import { framingProblem } from "../http/framing.ts";
import { readHeaders } from "../http/request-headers.ts";
import { refuseAtOnce, refuseFraming } from "../http/serve-route.ts";
import type { Runtime } from "../runtime.ts";
import type { Buyer } from "../services.ts";
import type { Refusal } from "../wire/problem.ts";
import { subprotocol } from "./room-messages.ts";
import { type SocketData, socketData } from "./room-socket.ts";

type UpgradeRequest = {
  readonly eventId: string;
  readonly authorization: string | undefined;
  readonly key: string;
  readonly protocols: readonly string[];
  readonly extensions: string;
  readonly origin: string;
  readonly context: us_socket_context_t;
};

const bearerProtocol = "bearer.";

/** Everything that can be refused is refused here, with a problem, before there is a socket. */
export function serveUpgrade(
  runtime: Runtime,
): (res: HttpResponse, req: HttpRequest, context: us_socket_context_t) => void {
  return (res, req, context) => {
    const exchange = openExchange(runtime, "openRoom", res, false);
    const headers = readHeaders(req);
    const problem = framingProblem(headers, false);
    if (problem !== undefined) return refuseFraming(exchange, problem);
    if (runtime.inFlight > runtime.bounds.http.inFlightRequests || runtime.stopping)
      return refuseAtOnce(exchange, { refusal: "busy" });
    void work(exchange, readUpgrade(req, headers.authorization, context));
  };
}

function readUpgrade(
  req: HttpRequest,
  authorization: string | undefined,
  context: us_socket_context_t,
): UpgradeRequest {
  const protocols = req.getHeader("sec-websocket-protocol");
  return {
    eventId: req.getParameter(0) ?? "",
    authorization,
    key: req.getHeader("sec-websocket-key"),
    protocols: protocols === "" ? [] : protocols.split(",").map((name) => name.trim()),
    extensions: req.getHeader("sec-websocket-extensions"),
    origin: req.getHeader("origin"),
    context,
  };
}

async function work(exchange: Exchange, request: UpgradeRequest): Promise<void> {
  const { runtime, requestId } = exchange;
  try {
    const decision = await decide(runtime, request);
    if ("refusal" in decision) refuse(exchange, decision, true);
    else upgrade(exchange, request, socketData(request.eventId as EventId, decision.buyer, requestId));
  } catch (failure) {
    runtime.services.logger.error({ err: failure, requestId, route: exchange.name }, "a handler threw");
    refuse(exchange, { refusal: codeOfFailure(failure) }, true);
  } finally {
    closeExchange(exchange);
  }
}

async function decide(runtime: Runtime, request: UpgradeRequest): Promise<{ buyer: Buyer } | Refusal> {
  const { services, bounds, sockets } = runtime;
  const refusal = originProblem(request, runtime.publicUrl) ?? protocolProblem(request);
  if (refusal !== undefined) return refusal;
  const known = authenticateBuyer(tokenOf(request), services.tokens, bounds.http.headerValueChars);
  if ("refusal" in known) return known;
  const eventId = request.eventId as EventId;
  if (!isUuid(eventId) || (await services.catalogue.find(eventId)) === undefined)
    return { refusal: "not_found" };
  if (!sockets.hasSpace(eventId, known.buyer.buyerId))
    return { refusal: "busy", detail: "There are too many connections." };
  return known;
}

/** A browser says whose page opens the socket; other pages have no business here. */
function originProblem({ origin }: UpgradeRequest, publicUrl: string): Refusal | undefined {
  if (origin === "" || origin === new URL(publicUrl).origin) return undefined;
  return { refusal: "forbidden", detail: "The page of this origin may not open the room." };
}

function protocolProblem({ protocols }: UpgradeRequest): Refusal | undefined {
  if (protocols.length === 0 || protocols.includes(subprotocol)) return undefined;
  return { refusal: "malformed_request", detail: `The subprotocol is \`${subprotocol}\`.` };
}

/** Browsers cannot send `Authorization` with a WebSocket: their token comes as a second subprotocol. */
function tokenOf({ authorization, protocols }: UpgradeRequest): string | undefined {
  const bearer = protocols.find((name) => name.startsWith(bearerProtocol));
  return bearer === undefined ? authorization : `Bearer ${bearer.slice(bearerProtocol.length)}`;
}

function upgrade(exchange: Exchange, request: UpgradeRequest, data: SocketData): void {
  if (!exchange.open) return;
  exchange.open = false;
  const { key, protocols, extensions, context } = request;
  const protocol = protocols.length === 0 ? "" : subprotocol;
  exchange.res.cork(() => exchange.res.upgrade(data, key, protocol, extensions, context));
}
