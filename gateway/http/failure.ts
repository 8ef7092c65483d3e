import { isOutage } from "../../booking-core/bookings/outage.ts";

/** What a throw from a service means to the caller: a part that is away, or something broken. */
export function codeOfFailure(failure: unknown): "unavailable" | "internal" {
  return isOutage(failure) ? "unavailable" : "internal";
}
