import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import type { ErrorCode } from "../../foundation/errors.ts";
import type { Runtime } from "../runtime.ts";
import { closeExchange, openExchange, refuse } from "./exchange.ts";
import { framingProblem } from "./framing.ts";
import { readHeaders } from "./request-headers.ts";
import { refuseFraming } from "./serve-route.ts";

/** For addresses and methods that are not served. A body that comes with the request is not looked at. */
export function serveRefusal(
  runtime: Runtime,
  refusal: ErrorCode,
  headers: Readonly<Record<string, string>> = {},
): (res: HttpResponse, req: HttpRequest) => void {
  return (res, req) => {
    const exchange = openExchange(runtime, refusal, res, req.getMethod() === "head");
    const problem = framingProblem(readHeaders(req), true);
    if (problem !== undefined) return refuseFraming(exchange, problem);
    refuse(exchange, { refusal }, false, headers);
    closeExchange(exchange);
  };
}
