import { connect, type Socket } from "node:net";
import { type AnswerReader, readAnswer } from "./answer-status.ts";

/** One request as it goes out; `end` gets the answer's status, or 0 where there was none. */
export type Posting = { readonly text: string; end(status: number): void };

export type PostConnection = {
  send(posting: Posting): void;
  isOpen(): boolean;
  /** Ends it if what was sent before that moment is not answered. */
  endIfSilentSince(atMs: number): void;
  close(): void;
};

export type PostConnectionSettings = {
  readonly host: string;
  readonly port: number;
  onFree(connection: PostConnection): void;
  /** With what can be sent again: the server had closed the connection before it got it. */
  onClosed(connection: PostConnection, unheard: Posting | undefined): void;
};

const readBytes = 4_096;

/** One connection that is kept, one request at a time: 20 µs of the processor for each instead of 100 by `node:http`. */
export function openPostConnection(settings: PostConnectionSettings): PostConnection {
  const { host, port, onFree, onClosed } = settings;
  const received = Buffer.allocUnsafeSlow(readBytes);
  let posting: Posting | undefined;
  let reader: AnswerReader | undefined;
  let sentAtMs = 0;
  let hasServed = false;
  let hasHeard = false;

  function end(status: number): void {
    const ended = posting;
    posting = undefined;
    ended?.end(status);
  }

  function take(text: string): void {
    hasHeard = true;
    const progress = posting === undefined ? "spoilt" : reader?.take(text);
    if (progress === "more") return;
    hasServed = true;
    end(reader?.status() ?? 0);
    if (progress === "over") onFree(connection);
    else socket.destroy();
  }

  const socket: Socket = connect({
    ...{ host, port, noDelay: true },
    onread: {
      buffer: received,
      callback: (bytes) => {
        take(received.toString("latin1", 0, bytes));
        return true;
      },
    },
  });
  // Its end follows, and says enough.
  socket.on("error", () => {});
  socket.once("close", () => {
    const unheard = hasServed && !hasHeard ? posting : undefined;
    if (unheard === undefined) end(reader?.status() ?? 0);
    onClosed(connection, unheard);
  });

  const connection: PostConnection = {
    send(next) {
      posting = next;
      reader = readAnswer();
      sentAtMs = performance.now();
      hasHeard = false;
      socket.write(next.text, "utf8");
    },
    isOpen: () => socket.writable,
    endIfSilentSince(atMs) {
      if (posting === undefined || sentAtMs > atMs) return;
      end(reader?.status() ?? 0);
      socket.destroy();
    },
    close: () => {
      end(0);
      socket.destroy();
    },
  };
  return connection;
}
