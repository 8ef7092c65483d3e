import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { createHash, timingSafeEqual } from "node:crypto";
import { createMetrics } from "../metrics.ts";
import type { Runtime } from "../runtime.ts";
import { closeExchange, openExchange, refuse, send } from "./exchange.ts";
import { codeOfFailure } from "./failure.ts";
import { framingProblem } from "./framing.ts";
import { mountOtherMethods } from "./mount.ts";
import { readHeaders } from "./request-headers.ts";
import { refuseFraming } from "./serve-route.ts";

const metricsPath = "/metrics";

/** What Prometheus reads, for who brings the token. */
export function mountMetrics(app: TemplatedApp, runtime: Runtime): void {
  const metrics = createMetrics(runtime);
  app.get(metricsPath, (res: HttpResponse, req: HttpRequest) => {
    const exchange = openExchange(runtime, "showMetrics", res, false);
    const headers = readHeaders(req);
    const problem = framingProblem(headers, false);
    if (problem !== undefined) return refuseFraming(exchange, problem);
    void (async () => {
      try {
        if (!isToken(headers.authorization, runtime.services.metricsToken))
          return refuse(exchange, { refusal: "metrics_token_wrong" });
        send(exchange, 200, metrics.contentType, {}, await metrics.text(), false);
      } catch (failure) {
        runtime.services.logger.error({ err: failure }, "the metrics could not be read");
        refuse(exchange, { refusal: codeOfFailure(failure) });
      } finally {
        closeExchange(exchange);
      }
    })();
  });
  mountOtherMethods(app, runtime, metricsPath, ["get"]);
}

/** As hashes: the time of the comparison tells nothing, not even the length. */
function isToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(authorization ?? ""), digest(`Bearer ${token}`));
}
