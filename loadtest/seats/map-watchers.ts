import { connect, type Socket } from "node:net";
import { monotonicMs } from "../bench/monotonic.ts";
import { opcodes, readFrames } from "../room/frames.ts";
import { readAnswer, requestOf } from "../room/handshake.ts";

/** Sockets that follow the seats of an event. All take what comes; some of them read it. */
export type Watchers = {
  /** Messages that the readers have heard, by reader. */
  readonly messages: readonly number[];
  readonly lost: () => number;
  close(): void;
};

export type MapMessage = {
  readonly type: string;
  readonly changes?: readonly { readonly sectionId: string; readonly changed?: string }[];
};

type Settings = {
  readonly port: number;
  readonly path: string;
  readonly count: number;
  readonly readers: number;
  readonly heard: (reader: number, message: MapMessage, atMs: number) => void;
};

/** Half as many as a gateway takes of one address. */
const perAddress = 100;

export async function openWatchers(settings: Settings): Promise<Watchers> {
  const { count, readers } = settings;
  const messages = Array.from({ length: readers }, () => 0);
  const sockets: Socket[] = [];
  let [closing, lost] = [false, 0];
  for (let index = 0; index < count; index += 1) {
    // Spread among the others, who are told one after the other.
    const reader = index % Math.floor(count / readers) === 0 ? index / Math.floor(count / readers) : readers;
    const hear = (bytes: Buffer) => {
      messages[reader] = (messages[reader] ?? 0) + 1;
      settings.heard(reader, JSON.parse(bytes.toString("utf8")) as MapMessage, monotonicMs());
    };
    const socket = await openWatcher(settings, index, reader < readers ? hear : undefined);
    sockets.push(socket.on("close", () => (closing ? undefined : (lost += 1))));
  }
  const close = () => {
    closing = true;
    for (const socket of sockets) socket.destroy();
  };
  return { messages, lost: () => lost, close };
}

function openWatcher(
  { port, path }: Settings,
  index: number,
  hear: ((payload: Buffer) => void) | undefined,
): Promise<Socket> {
  const localAddress = `127.0.1.${1 + Math.floor(index / perAddress)}`;
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  socket.on("connect", () => socket.write(requestOf({ path, headers: {} }, port), "latin1"));
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const greet = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const answer = readAnswer(bytes);
      if (answer.outcome === "partial") return;
      if (answer.outcome === "refused") return reject(new Error(`a watcher was answered ${answer.answer}`));
      socket.off("data", greet);
      listen(socket, bytes.subarray(answer.framesAt), hear);
      resolve(socket);
    };
    socket.on("data", greet).on("error", reject);
  });
}

function listen(socket: Socket, first: Buffer, hear: ((payload: Buffer) => void) | undefined): void {
  if (hear === undefined) return void socket.on("data", () => undefined);
  let rest = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const usedUpTo = readFrames(bytes, 0, (opcode, start, end) => {
      if (opcode === opcodes.text) hear(bytes.subarray(start, end));
    });
    rest = Buffer.from(bytes.subarray(usedUpTo));
  };
  take(first);
  socket.on("data", take);
}
