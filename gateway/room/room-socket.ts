import type { WebSocket } from "uWebSockets.js";
import type { EventId } from "../../foundation/ids.ts";
import type { Standing } from "../../queue-admission/room.ts";
import type { Buyer } from "../services.ts";
import type { ByeReason, ServerMessage } from "./room-messages.ts";

/** Where the socket's buyer stands, as far as this process was told. */
export type Whereabouts =
  | { readonly where: "unknown" | "placeless" | "turn" | "inside" }
  | { readonly where: "waiting"; readonly number: number };

/** Lives as long as the connection. `ws` must not be touched once `open` is false (uWebSockets.js throws). */
export type SocketData = {
  readonly eventId: EventId;
  readonly buyer: Buyer;
  readonly requestId: string;
  open: boolean;
  standing: Whereabouts;
  /** Grows with whatever is told, so that an older reading of the standing is known to be old. */
  told: number;
  toldPosition: number;
  toldAtMs: number;
  windowStartMs: number;
  messagesInWindow: number;
};

export type RoomSocket = WebSocket<SocketData>;

export function socketData(eventId: EventId, buyer: Buyer, requestId: string): SocketData {
  return {
    eventId,
    buyer,
    requestId,
    open: true,
    standing: { where: "unknown" },
    told: 0,
    toldPosition: 0,
    toldAtMs: 0,
    windowStartMs: 0,
    messagesInWindow: 0,
  };
}

/** For open sockets only. Past `maxBackpressure` uWebSockets.js closes the connection of a client that does not read. */
export function tell(socket: RoomSocket, message: ServerMessage): void {
  socket.send(JSON.stringify(message));
}

export function remember(data: SocketData, standing: Standing, nowMs: number): void {
  data.told += 1;
  data.standing = whereaboutsOf(standing);
  if (standing.outcome !== "waiting") return;
  data.toldPosition = standing.position;
  data.toldAtMs = nowMs;
}

function whereaboutsOf(standing: Standing): Whereabouts {
  switch (standing.outcome) {
    case "waiting":
      return { where: "waiting", number: standing.number };
    case "turn":
    case "inside":
      return { where: standing.outcome };
    case "place_missing":
    case "place_elsewhere":
      return { where: "placeless" };
  }
}

const closeCodes = {
  stopping: 1001,
  too_many_messages: 1008,
  message_invalid: 1008,
  unavailable: 1013,
} as const satisfies Record<ByeReason, number>;

export function sayBye(socket: RoomSocket, reason: ByeReason): void {
  const data = socket.getUserData();
  tell(socket, { type: "bye", reason });
  // The message itself can close a socket whose client does not read.
  if (data.open) socket.end(closeCodes[reason], reason);
}
