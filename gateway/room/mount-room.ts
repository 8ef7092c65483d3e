import uws, { type TemplatedApp } from "uWebSockets.js";
import { mountOtherMethods } from "../http/mount.ts";
import { serveRefusal } from "../http/serve-refusal.ts";
import type { Runtime } from "../runtime.ts";
import { clientMessageSchema, roomPath } from "./room-messages.ts";
import { type RoomSocket, type SocketData, sayBye } from "./room-socket.ts";
import { serveUpgrade } from "./upgrade.ts";

const minuteMs = 60_000;

export function mountRoom(app: TemplatedApp, runtime: Runtime): void {
  const { socket: bounds } = runtime.bounds;
  app.ws<SocketData>(roomPath, {
    maxPayloadLength: bounds.payloadBytes,
    maxBackpressure: bounds.backpressureBytes,
    closeOnBackpressureLimit: true,
    idleTimeout: bounds.idleSeconds,
    maxLifetime: bounds.lifetimeMinutes,
    sendPingsAutomatically: true,
    compression: uws.DISABLED,
    upgrade: serveUpgrade(runtime),
    open: (socket) => void runtime.sockets.welcome(socket),
    message: (socket, message, isBinary) => hear(runtime, socket, message, isBinary),
    close: (socket) => {
      socket.getUserData().open = false;
      runtime.sockets.forget(socket);
    },
  });
  const refuse = serveRefusal(runtime, "upgrade_required", { Upgrade: "websocket" });
  app.get(roomPath, refuse).head(roomPath, refuse);
  mountOtherMethods(app, runtime, roomPath, ["get"]);
}

function hear(runtime: Runtime, socket: RoomSocket, message: ArrayBuffer, isBinary: boolean): void {
  if (!countMessage(runtime, socket.getUserData())) return sayBye(socket, "too_many_messages");
  if (isBinary || !isUnderstood(message)) return sayBye(socket, "message_invalid");
  void runtime.sockets.tellStanding(socket);
}

function countMessage({ services, bounds }: Runtime, data: SocketData): boolean {
  const nowMs = services.clock.now();
  if (nowMs - data.windowStartMs >= minuteMs) {
    data.windowStartMs = nowMs;
    data.messagesInWindow = 0;
  }
  data.messagesInWindow += 1;
  return data.messagesInWindow <= bounds.socket.messagesPerMinute;
}

/** Read before this returns: the message's memory is taken back then. */
function isUnderstood(message: ArrayBuffer): boolean {
  try {
    return clientMessageSchema.safeParse(JSON.parse(Buffer.from(message).toString("utf8"))).success;
  } catch {
    return false;
  }
}
