import type { Bounds } from "./bounds.ts";
import { createGuards, type Guards } from "./guard/guards.ts";
import { createPassGuard, type PassGuard } from "./guard/pass-guard.ts";
import { headerLines } from "./http/response-head.ts";
import type { RoomConnections } from "./room/room-connections.ts";
import type { MapConnections } from "./seat-map/map-connections.ts";
import { createSheets, type Sheets } from "./seat-map/sheets.ts";
import type { GatewayServices } from "./services.ts";

/** What all requests of one gateway share; lives from start to stop. */
export type Runtime = {
  readonly services: GatewayServices;
  readonly bounds: Bounds;
  readonly connections: RoomConnections;
  readonly guards: Guards;
  readonly maps: MapConnections;
  readonly sheets: Sheets;
  readonly passes: PassGuard;
  readonly publicUrl: string;
  readonly securityHeaders: readonly (readonly [name: string, value: string])[];
  /** The same, as an answer has them. */
  readonly securityLines: string;
  readonly requestIds: () => string;
  inFlight: number;
  stopping: boolean;
  /** Called when the last request in flight has ended. */
  onIdle: (() => void) | undefined;
};

export function createRuntime(
  services: GatewayServices,
  bounds: Bounds,
  connections: RoomConnections,
  maps: MapConnections,
): Runtime {
  const publicUrl = services.publicUrl.replace(/\/+$/, "");
  const security = securityHeaders(publicUrl);
  return {
    services,
    bounds,
    connections,
    maps,
    guards: createGuards(services, bounds),
    sheets: createSheets(services, bounds.seatMap),
    passes: createPassGuard({ services, bounds }),
    publicUrl,
    securityHeaders: security,
    securityLines: headerLines(Object.fromEntries(security)),
    requestIds: createRequestIds(services.clock.now()),
    inFlight: 0,
    stopping: false,
    onIdle: undefined,
  };
}

function securityHeaders(publicUrl: string): [string, string][] {
  const headers: [string, string][] = [
    ["X-Content-Type-Options", "nosniff"],
    ["X-Frame-Options", "DENY"],
    ["Referrer-Policy", "no-referrer"],
    ["Cross-Origin-Resource-Policy", "same-origin"],
  ];
  if (publicUrl.startsWith("https://"))
    headers.push(["Strict-Transport-Security", "max-age=31536000; includeSubDomains"]);
  return headers;
}

/** Process, start and a count: unique among gateways, and cheaper than randomness for each request. */
function createRequestIds(startedAtMs: number): () => string {
  const prefix = `${process.pid.toString(36)}-${startedAtMs.toString(36)}`;
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
