import { limits } from "../foundation/limits.ts";
import type { RateRule } from "./guard/rate-limits.ts";

export type Bounds = {
  readonly http: HttpBounds;
  readonly socket: SocketBounds;
  readonly seatMap: SeatMapBounds;
  /** How often one address may do what; joins also one identity. */
  readonly rates: RateBounds;
  /** Addresses of each kind that are remembered. */
  readonly rateKeys: number;
  readonly drainMs: number;
};
type RateBounds = { readonly [Kind in keyof typeof limits.rates]: RateRule };
type HttpBounds = { readonly [Name in keyof typeof limits.http]: number };
type SeatMapBounds = { readonly [Name in keyof typeof limits.seatMap]: number };
type SocketBounds = {
  readonly [Name in keyof typeof limits.socket]: (typeof limits.socket)[Name] extends number
    ? number
    : { readonly [Step in keyof (typeof limits.socket)[Name]]: number };
};

export const defaultBounds: Bounds = {
  http: limits.http,
  socket: limits.socket,
  seatMap: limits.seatMap,
  rates: limits.rates,
  rateKeys: limits.rateKeys,
  drainMs: limits.shutdown.drainMs,
};
