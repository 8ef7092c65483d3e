import { isOutage } from "../../booking-core/bookings/outage.ts";

/** Names, system codes and SQLSTATEs of a server that is away: the same request can succeed when it is back. */
const awayCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "08006",
  "08001",
]);
const awayNames = new Set(["MaxRetriesPerRequestError", "ClusterAllFailedError", "AbortError", "BusyError"]);
const awayMessages = [
  "Command timed out",
  "Connection is closed.",
  "Connection terminated",
  "timeout exceeded when trying to connect",
];

/** What a throw from a service means to the caller: a part that is away, or something broken. */
export function codeOfFailure(failure: unknown): "unavailable" | "internal" {
  if (!(failure instanceof Error)) return "internal";
  if (isOutage(failure)) return "unavailable";
  const { name, message } = failure;
  const code = "code" in failure ? String(failure.code) : "";
  const away =
    awayCodes.has(code) || awayNames.has(name) || awayMessages.some((text) => message.startsWith(text));
  return away ? "unavailable" : "internal";
}
