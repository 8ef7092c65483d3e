import uws, { type us_listen_socket } from "uWebSockets.js";
import { type Bounds, defaultBounds } from "./bounds.ts";
import { mountAll } from "./http/mount.ts";
import { mountMetrics } from "./http/serve-metrics.ts";
import { mountRoom } from "./room/mount-room.ts";
import { createRoomConnections } from "./room/room-connections.ts";
import { routes } from "./routes.ts";
import { createRuntime, type Runtime } from "./runtime.ts";
import { createMapConnections } from "./seat-map/map-connections.ts";
import { mountLive } from "./seat-map/mount-live.ts";
import type { GatewayServices } from "./services.ts";
import { ticketPageRoutes } from "./ticket-page/page-routes.ts";

export type Gateway = {
  readonly port: number;
  /** Connections to live seats. */
  readonly watchers: () => number;
  stop(reason: string): Promise<void>;
};

/** Serves until `stop`, which takes no more requests, lets those in flight end, and closes every connection. */
export async function startGateway(
  services: GatewayServices,
  bounds: Bounds = defaultBounds,
): Promise<Gateway> {
  const app = uws.App();
  const publish = (topic: string, message: string) => void app.publish(topic, message);
  const connections = createRoomConnections({ services, bounds: bounds.socket, publish });
  const maps = createMapConnections({ services, bounds: bounds.seatMap, publish });
  const runtime = createRuntime(services, bounds, connections, maps);
  mountRoom(app, runtime);
  mountLive(app, runtime);
  mountMetrics(app, runtime);
  mountAll(app, runtime, [...routes, ...ticketPageRoutes]);
  const listening = await listen(app, services.host, services.port);
  const port = uws.us_socket_local_port(listening);
  services.logger.info({ host: services.host, port }, "the gateway listens");
  let stopped: Promise<void> | undefined;
  return {
    port,
    watchers: maps.count,
    stop(reason) {
      // Once: closing a listening socket a second time crashes the process.
      stopped ??= stopGateway(app, runtime, listening, reason);
      return stopped;
    },
  };
}

async function stopGateway(
  app: uws.TemplatedApp,
  runtime: Runtime,
  listening: us_listen_socket,
  reason: string,
): Promise<void> {
  runtime.services.logger.info({ reason, inFlight: runtime.inFlight }, "the gateway stops");
  runtime.stopping = true;
  uws.us_listen_socket_close(listening);
  runtime.connections.sayByeToAll("stopping");
  runtime.maps.sayByeToAll("stopping");
  await drained(runtime);
  app.close();
}

type ListenExclusively = (
  host: string,
  port: number,
  options: number,
  then: (socket: us_listen_socket | false) => void,
) => unknown;

/** Exclusively: uWebSockets.js otherwise shares a port that another process has, and each gets some requests. */
function listen(app: uws.TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  const { promise, resolve, reject } = Promise.withResolvers<us_listen_socket>();
  (app.listen as unknown as ListenExclusively).call(app, host, port, exclusivePort, (socket) => {
    if (socket === false) reject(new Error(`The port ${port} of ${host} is taken or not allowed.`));
    else resolve(socket);
  });
  return promise;
}

/** `LIBUS_LISTEN_EXCLUSIVE_PORT`; the declared types know it without a host only. */
const exclusivePort = 1;

/** When the last request in flight has ended, or after `drainMs`. */
async function drained(runtime: Runtime): Promise<void> {
  if (runtime.inFlight === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, runtime.bounds.drainMs);
  runtime.onIdle = resolve;
  await promise;
  clearTimeout(timer);
}
