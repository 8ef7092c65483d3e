import uws, { type TemplatedApp, type WebSocket } from "uWebSockets.js";
import { mountOtherMethods } from "../http/mount.ts";
import { serveRefusal } from "../http/serve-refusal.ts";
import type { Runtime } from "../runtime.ts";
import { clientMessageSchema, roomPath, streamPath } from "./room-messages.ts";
import { serveStream } from "./serve-stream.ts";
import { serveUpgrade } from "./upgrade.ts";
import { type OfSocket, sayBye, type Waiter } from "./waiter.ts";

const minuteMs = 60_000;

export function mountRoom(app: TemplatedApp, runtime: Runtime): void {
  const { socket: bounds } = runtime.bounds;
  app.ws<OfSocket>(roomPath, {
    maxPayloadLength: bounds.payloadBytes,
    maxBackpressure: bounds.backpressureBytes,
    closeOnBackpressureLimit: true,
    idleTimeout: bounds.idleSeconds,
    maxLifetime: bounds.lifetimeMinutes,
    sendPingsAutomatically: true,
    compression: uws.DISABLED,
    upgrade: serveUpgrade(runtime),
    open: (socket) => {
      const { waiter } = socket.getUserData();
      waiter.socket = socket;
      void runtime.connections.welcome(waiter);
    },
    message: (socket, message, isBinary) => hear(runtime, socket, message, isBinary),
    close: (socket) => {
      const { waiter } = socket.getUserData();
      waiter.open = false;
      runtime.connections.forget(waiter);
    },
  });
  const refuse = serveRefusal(runtime, "upgrade_required", { Upgrade: "websocket" });
  app.get(roomPath, refuse).head(roomPath, refuse);
  mountOtherMethods(app, runtime, roomPath, ["get"]);
  app.get(streamPath, serveStream(runtime));
  mountOtherMethods(app, runtime, streamPath, ["get"]);
}

function hear(runtime: Runtime, socket: WebSocket<OfSocket>, bytes: ArrayBuffer, isBinary: boolean): void {
  const { waiter } = socket.getUserData();
  if (!countMessage(runtime, waiter)) return sayBye(waiter, "too_many_messages");
  const message = isBinary ? undefined : readMessage(bytes);
  if (message === undefined) return sayBye(waiter, "message_invalid");
  if (message.type === "here") void runtime.connections.hereAgain(waiter);
  else void runtime.connections.tellStanding(waiter);
}

function countMessage({ services, bounds }: Runtime, waiter: Waiter): boolean {
  const nowMs = services.clock.now();
  if (nowMs - waiter.windowStartMs >= minuteMs) {
    waiter.windowStartMs = nowMs;
    waiter.count = 0;
  }
  waiter.count += 1;
  return waiter.count <= bounds.socket.messagesPerMinute;
}

/** Read before this returns: the message's memory is taken back then. */
function readMessage(bytes: ArrayBuffer) {
  try {
    return clientMessageSchema.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}
