import type { Bounds } from "../bounds.ts";
import { createDeadlines, type Deadlines } from "./deadlines.ts";
import { closeExchange, type Exchange, refuse } from "./exchange.ts";

export type ExchangeDeadlines = {
  readonly body: Deadlines<Exchange>;
  readonly answer: Deadlines<Exchange>;
};

export function createExchangeDeadlines({
  bodyTimeoutMs,
  answerTimeoutMs,
}: Bounds["http"]): ExchangeDeadlines {
  return {
    body: createDeadlines(bodyTimeoutMs, refuseTooSlow),
    answer: createDeadlines(answerTimeoutMs, giveUp),
  };
}

function refuseTooSlow(exchange: Exchange): void {
  refuse(exchange, { refusal: "body_too_slow" }, true);
  closeExchange(exchange);
}

/** The work goes on, and the exchange counts until it has ended. */
function giveUp(exchange: Exchange): void {
  refuse(exchange, { refusal: "unavailable", detail: "The answer did not come in time." });
}
