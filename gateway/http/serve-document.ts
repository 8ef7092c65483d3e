import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import type { StaticDocument } from "../docs/documents.ts";
import type { Runtime } from "../runtime.ts";
import { closeExchange, openExchange, send } from "./exchange.ts";
import { framingProblem } from "./framing.ts";
import { readHeaders } from "./request-headers.ts";
import { refuseFraming } from "./serve-route.ts";

export function serveDocument(
  runtime: Runtime,
  { path, type, bytes, contentPolicy }: StaticDocument,
  head: boolean,
): (res: HttpResponse, req: HttpRequest) => void {
  const policy = contentPolicy === undefined ? {} : { "Content-Security-Policy": contentPolicy };
  const headers = { "Cache-Control": "no-cache", ...policy };
  return (res, req) => {
    const exchange = openExchange(runtime, path, res, head);
    const problem = framingProblem(readHeaders(req), false);
    if (problem !== undefined) return refuseFraming(exchange, problem);
    send(exchange, 200, type, headers, bytes, false);
    closeExchange(exchange);
  };
}
