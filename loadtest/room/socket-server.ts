import type { Handshake } from "./handshake.ts";

/** A server whose sockets are measured: the bare one, or ours. */
export type SocketServer = {
  readonly port: number;
  readonly handshakeOf: (index: number) => Handshake;
  /** Finds a tick's id, its first group, in a message. */
  readonly tickPattern: string;
  /** Has the server tell all sockets something in which `tickPattern` finds this id. */
  publishTick(id: string): Promise<void>;
  /** What a socket is told by that. */
  readonly payloadOf: (id: string) => string;
  memoryBytes(): Promise<number>;
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
};
