import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export type Heard = {
  /** From 1 on, over all connections and on this one. */
  readonly count: number;
  readonly ofConnection: number;
  readonly connection: number;
  readonly text: string;
  readonly socket: Socket;
};

export const taken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A server that is told byte by byte what to answer. */
export async function openReceiver(onRequest: (heard: Heard) => void) {
  const sockets = new Set<Socket>();
  const seen = { requests: 0, connections: 0 };
  const server = createServer((socket) => {
    sockets.add(socket.once("close", () => sockets.delete(socket)));
    socket.on("error", () => {});
    seen.connections += 1;
    const connection = seen.connections;
    let ofConnection = 0;
    let text = "";
    socket.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      if (!text.endsWith("}")) return;
      const whole = text;
      text = "";
      seen.requests += 1;
      ofConnection += 1;
      onRequest({ count: seen.requests, ofConnection, connection, text: whole, socket });
    });
  });
  const port = await listening(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/told?by=us`, port, seen, sockets };
}
