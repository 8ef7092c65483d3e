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
  /** Messages that the client of a stream has not read. */
  backlog: number;
};

/** uWebSockets.js copies every field of it: see `OfSocket` of the room. */
export type OfWatcher = { readonly watcher: Watcher };

export type WatcherOf = Pick<Watcher, "eventId" | "addressKey" | "sectionIds">;

export function newWatcher(of: WatcherOf): Watcher {
  return { ...of, socket: undefined, stream: undefined, open: true, backlog: 0 };
}

export function tellWatcher(watcher: Watcher, message: LiveMessage): void {
  if (!watcher.open) return;
  const text = JSON.stringify(message);
  if (watcher.socket !== undefined) watcher.socket.send(text);
  else writeEvent(watcher, text);
}

/** What of a client that does not read would wait without a bound ends its stream. */
export function tellStream(watcher: Watcher, text: string, mostBacklog: number): void {
  if (!watcher.open) return;
  if (watcher.backlog > mostBacklog) endWatcher(watcher, "too_slow");
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
  too_slow: 1013,
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
}
