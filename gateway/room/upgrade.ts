import type { HttpRequest, HttpResponse, us_socket_context_t } from "uWebSockets.js";
import { closeExchange, type Exchange, openExchange, refuse } from "../http/exchange.ts";
import { codeOfFailure } from "../http/failure.ts";
import { framingProblem } from "../http/framing.ts";
import { addressOf, readHeaders } from "../http/request-headers.ts";
import { refuseAtOnce, refuseFraming } from "../http/serve-route.ts";
import type { Runtime } from "../runtime.ts";
import type { Refusal } from "../wire/problem.ts";
import { admitToRoom, type OpenRequest } from "./open-room.ts";
import { subprotocol } from "./room-messages.ts";
import { newWaiter, type OfSocket, type WaiterOf } from "./waiter.ts";

type UpgradeRequest = OpenRequest & {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly extensions: string;
  readonly context: us_socket_context_t;
};

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
    const address = addressOf(runtime, res, headers);
    void work(exchange, readUpgrade(req, headers.authorization, address, context));
  };
}

/** Browsers cannot send headers with a WebSocket: what is secret comes as further subprotocols. */
function readUpgrade(
  req: HttpRequest,
  authorization: string | undefined,
  address: string,
  context: us_socket_context_t,
): UpgradeRequest {
  const offered = req.getHeader("sec-websocket-protocol");
  const protocols = offered === "" ? [] : offered.split(",").map((name) => name.trim());
  const behind = (prefix: string) => protocols.find((name) => name.startsWith(prefix))?.slice(prefix.length);
  const bearer = behind("bearer.");
  return {
    eventId: req.getParameter(0) ?? "",
    authorization: bearer === undefined ? authorization : `Bearer ${bearer}`,
    receipt: behind("receipt."),
    deviceProof: behind("dpop."),
    origin: req.getHeader("origin"),
    address,
    path: req.getUrl(),
    key: req.getHeader("sec-websocket-key"),
    protocols,
    extensions: req.getHeader("sec-websocket-extensions"),
    context,
  };
}

async function work(exchange: Exchange, request: UpgradeRequest): Promise<void> {
  const { runtime, requestId } = exchange;
  try {
    const decision = protocolProblem(request) ?? (await admitToRoom(runtime, request));
    if ("refusal" in decision) refuse(exchange, decision, true);
    else upgrade(exchange, request, decision);
  } catch (failure) {
    runtime.services.logger.error({ err: failure, requestId, route: exchange.name }, "a handler threw");
    refuse(exchange, { refusal: codeOfFailure(failure) }, true);
  } finally {
    closeExchange(exchange);
  }
}

function protocolProblem({ protocols }: UpgradeRequest): Refusal | undefined {
  if (protocols.length === 0 || protocols.includes(subprotocol)) return undefined;
  return { refusal: "malformed_request", detail: `The subprotocol is \`${subprotocol}\`.` };
}

function upgrade(exchange: Exchange, request: UpgradeRequest, who: WaiterOf): void {
  if (!exchange.open) return;
  exchange.open = false;
  const { key, protocols, extensions, context } = request;
  const protocol = protocols.length === 0 ? "" : subprotocol;
  const ofSocket: OfSocket = { waiter: newWaiter(who) };
  exchange.res.cork(() => exchange.res.upgrade(ofSocket, key, protocol, extensions, context));
}
