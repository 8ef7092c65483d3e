import type { HttpResponse, WebSocket } from "uWebSockets.js";
import type { EventId, SectionId } from "../../foundation/ids.ts";
import { type LiveByeReason, type LiveMessage, liveByeMessage } from "./live-messages.ts";

/**
 * One connection to an event's live seats, by WebSocket or by a stream of events. Its socket or stream must not be
 * touched once `open` is false (uWebSockets.js throws).
 */
export type Watcher = {
  readonly eventId: EventId;
  /** Of the address, by which connections are counted. */
  readonly addressKey: string;
  /** Chosen, in the event's order; nothing for all. */
  readonly sectionIds: readonly SectionId[] | undefined;
  socket: WebSocket<OfWatcher> | undefined;
  stream: HttpResponse | undefined;
  open: boolean;
  /** Called once when a stream has ended: uWebSockets.js tells only of those that the client ended. */
  onEnd: (() => void) | undefined;
  /** Messages that the client of a stream has not read. */
  backlog: number;
};

/** uWebSockets.js copies every field of it: see `OfSocket` of the room. */
export type OfWatcher = { readonly watcher: Watcher };

export type WatcherOf = Pick<Watcher, "eventId" | "addressKey" | "sectionIds">;

export function newWatcher(of: WatcherOf): Watcher {
  return { ...of, socket: undefined, stream: undefined, open: true, onEnd: undefined, backlog: 0 };
}

export function tellWatcher(watcher: Watcher, message: LiveMessage): void {
  if (!watcher.open) return;
  const text = JSON.stringify(message);
  if (watcher.socket !== undefined) watcher.socket.send(text);
  else writeEvent(watcher, text);
}

/** For a client that does not read, messages do not wait without a bound. */
export function tellStream(watcher: Watcher, text: string, mostBacklog: number): void {
  if (!watcher.open) return;
  // Closed with what it has not read: to say why would wait behind all of that.
  if (watcher.backlog > mostBacklog) watcher.stream?.close();
  else writeEvent(watcher, text);
}

function writeEvent(watcher: Watcher, text: string): void {
  const { stream } = watcher;
  stream?.cork(() => {
    const isRead = stream.write(`data: ${text}\n\n`);
    watcher.backlog = isRead ? 0 : watcher.backlog + 1;
  });
}

const closeCodes = {
  stopping: 1001,
  message_invalid: 1008,
  unavailable: 1013,
} as const satisfies Record<LiveByeReason, number>;

export function endWatcher(watcher: Watcher, reason: LiveByeReason): void {
  tellWatcher(watcher, liveByeMessage(reason));
  // The message itself can close a socket whose client does not read.
  if (!watcher.open) return;
  if (watcher.socket !== undefined) {
    watcher.socket.end(closeCodes[reason], reason);
    return;
  }
  watcher.open = false;
  watcher.stream?.cork(() => watcher.stream?.end());
  watcher.onEnd?.();
}
