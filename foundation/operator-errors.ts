import { entry } from "./error-entry.ts";

/** Of what operators and their machines do while a sale goes on. */
export const operatorErrors = {
  pool_unknown: entry(
    409,
    false,
    "The event has no house pool of this letter.",
    "Make the pool first, with its code.",
  ),
  pool_code_used: entry(
    409,
    false,
    "Another house pool of the event has this code.",
    "Choose another code: it says which pool it opens.",
  ),
  not_stuck: entry(
    409,
    false,
    "Nothing holds this up: it is under way or done.",
    "Load the list again; only what is listed there as failed or parked can be tried again.",
  ),
  metrics_token_wrong: entry(
    401,
    false,
    "The metrics are only for who has their token, and no session opens them.",
    "Send `Authorization: Bearer METRICS_TOKEN`, with the `METRICS_TOKEN` that the server was started with.",
  ),
} as const;
