import { limits } from "../foundation/limits.ts";

export type Bounds = { readonly http: HttpBounds; readonly socket: SocketBounds; readonly drainMs: number };
type HttpBounds = { readonly [Name in keyof typeof limits.http]: number };
type SocketBounds = {
  readonly [Name in keyof typeof limits.socket]: (typeof limits.socket)[Name] extends number
    ? number
    : { readonly [Step in keyof (typeof limits.socket)[Name]]: number };
};

export const defaultBounds: Bounds = {
  http: limits.http,
  socket: limits.socket,
  drainMs: limits.shutdown.drainMs,
};
