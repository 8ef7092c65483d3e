import type { HttpResponse, WebSocket } from "uWebSockets.js";
import type { EventId } from "../../foundation/ids.ts";
import type { KnownPlace } from "../../queue-admission/known-standing.ts";
import type { Standing } from "../../queue-admission/room.ts";
import { type ByeReason, byeMessage, type ServerMessage } from "./room-messages.ts";

/** Who waits near hears more often than who waits far. */
export type Band = "near" | "middle" | "far";

/**
 * One connection of a buyer to a room, by WebSocket or by a stream of events. Lives as long as the connection; its
 * socket or stream must not be touched once `open` is false (uWebSockets.js throws). There are very many: no field
 * more than is needed, and those of one buyer hang on each other instead of in a set of their own.
 */
export type Waiter = {
  readonly eventId: EventId;
  readonly identity: string;
  readonly buyerId: string;
  readonly jkt: string | undefined;
  socket: WebSocket<OfSocket> | undefined;
  stream: HttpResponse | undefined;
  open: boolean;
  where: Standing["outcome"] | "unknown";
  /** Of the place while it waits: -1 where there is none. */
  lane: number;
  number: number;
  band: Band;
  /** Those of a band hear in turns. */
  slice: number;
  /** Of the turn or the pass. */
  untilMs: number;
  /** Whether the standing is being read, and whether it has to be read once more. */
  reading: "no" | "once" | "again";
  /** Grows with whatever is told, so that an older reading of the standing is known to be old. */
  told: number;
  /** When the standing was last read because the watermark had passed by. */
  lookedUpAtMs: number;
  /** Forgotten once the connection was welcomed. */
  receipt: KnownPlace | undefined;
  /** Messages of this minute; of a stream, those that the client has not read. */
  count: number;
  windowStartMs: number;
  nextOfIdentity: Waiter | undefined;
  nextOfBuyer: Waiter | undefined;
};

/**
 * What uWebSockets.js keeps for a socket. It copies every field onto an object of its own, which becomes a dictionary
 * with more than a few: with the waiter's fields there, a socket took 900 bytes more.
 */
export type OfSocket = { readonly waiter: Waiter };

export type WaiterOf = Pick<Waiter, "eventId" | "identity" | "buyerId" | "jkt" | "receipt">;

export function newWaiter({ eventId, identity, buyerId, jkt, receipt }: WaiterOf): Waiter {
  return {
    eventId,
    identity,
    buyerId,
    jkt,
    socket: undefined,
    stream: undefined,
    open: true,
    where: "unknown",
    lane: -1,
    number: 0,
    band: "far",
    slice: 0,
    untilMs: 0,
    reading: "no",
    told: 0,
    lookedUpAtMs: 0,
    receipt,
    count: 0,
    windowStartMs: 0,
    nextOfIdentity: undefined,
    nextOfBuyer: undefined,
  };
}

export function tell(waiter: Waiter, message: ServerMessage): void {
  tellText(waiter, JSON.stringify(message));
}

/** Past `maxBackpressure` uWebSockets.js closes the socket of a client that does not read; a stream counts by itself. */
export function tellText(waiter: Waiter, text: string): void {
  if (!waiter.open) return;
  if (waiter.socket !== undefined) waiter.socket.send(text);
  else writeEvent(waiter, text);
}

function writeEvent(waiter: Waiter, text: string): void {
  const { stream } = waiter;
  stream?.cork(() => {
    const isRead = stream.write(`data: ${text}\n\n`);
    waiter.count = isRead ? 0 : waiter.count + 1;
  });
}

const closeCodes = {
  stopping: 1001,
  too_many_messages: 1008,
  message_invalid: 1008,
  unavailable: 1013,
  too_slow: 1013,
} as const satisfies Record<ByeReason, number>;

export function sayBye(waiter: Waiter, reason: ByeReason): void {
  if (!waiter.open) return;
  tell(waiter, byeMessage(reason));
  // The message itself can close a socket whose client does not read.
  if (!waiter.open) return;
  if (waiter.socket !== undefined) waiter.socket.end(closeCodes[reason], reason);
  else endStream(waiter);
}

function endStream(waiter: Waiter): void {
  waiter.open = false;
  waiter.stream?.cork(() => waiter.stream?.end());
}
