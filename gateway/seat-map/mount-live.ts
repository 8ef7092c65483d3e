import uws, { type TemplatedApp } from "uWebSockets.js";
import { mountOtherMethods } from "../http/mount.ts";
import type { Runtime } from "../runtime.ts";
import { livePath } from "./live-messages.ts";
import { serveLiveStream, serveLiveUpgrade } from "./serve-live.ts";
import { endWatcher, type OfWatcher } from "./watcher.ts";

export function mountLive(app: TemplatedApp, runtime: Runtime): void {
  const { socket: bounds } = runtime.bounds;
  app.ws<OfWatcher>(livePath, {
    maxPayloadLength: bounds.payloadBytes,
    maxBackpressure: bounds.backpressureBytes,
    closeOnBackpressureLimit: true,
    idleTimeout: bounds.idleSeconds,
    maxLifetime: bounds.lifetimeMinutes,
    sendPingsAutomatically: true,
    compression: uws.DISABLED,
    upgrade: serveLiveUpgrade(runtime),
    open: (socket) => {
      const { watcher } = socket.getUserData();
      watcher.socket = socket;
      void runtime.maps.welcome(watcher);
    },
    message: (socket) => endWatcher(socket.getUserData().watcher, "message_invalid"),
    close: (socket) => {
      const { watcher } = socket.getUserData();
      watcher.open = false;
      runtime.maps.forget(watcher);
    },
  });
  app.get(livePath, serveLiveStream(runtime));
  mountOtherMethods(app, runtime, livePath, ["get"]);
}
